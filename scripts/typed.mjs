// Whether a field holds something that was typed and not sent.

export const isTyped = (field) =>
  field instanceof HTMLSelectElement
    ? [...field.options].some((option) => option.selected !== option.defaultSelected)
    : field.type === "checkbox" || field.type === "radio"
      ? field.checked !== field.defaultChecked
      : !["hidden", "file", "submit"].includes(field.type) && field.value !== field.defaultValue;
