//! Two people who have the same form of the settings open, as browsers without scripts and with them.

use serde_json::{Value, json};
use testkit::{TestDb, for_each_backend};

use crate::app::{Answer, TestApp};
use crate::drifts::{PUSH, plan};

/// In words, without the name of the hidden field.
const BLIND: &str = "The form does not say what it was made from; compare and save again";

/// A form of a record: its field of which both make something, and another one.
struct Record {
    path: &'static str,
    /// The page that has it.
    page: String,
    id: Option<String>,
    /// The name that the form sends a field by, as `source[name]`.
    sent_as: fn(&str) -> String,
    field: &'static str,
    /// What others and what I make of it.
    theirs: String,
    mine: String,
    /// Another field, and what others make of that.
    other: Option<(&'static str, &'static str)>,
}

impl Record {
    fn new(path: &'static str, page: &str, field: &'static str, (theirs, mine): (&str, &str)) -> Self {
        Self {
            path,
            page: page.to_owned(),
            id: None,
            sent_as: str::to_owned,
            field,
            theirs: theirs.to_owned(),
            mine: mine.to_owned(),
            other: None,
        }
    }
    fn of(self, id: &str) -> Self {
        Self { id: Some(id.to_owned()), ..self }
    }
    fn sent_as(self, sent_as: fn(&str) -> String) -> Self {
        Self { sent_as, ..self }
    }
    fn and(self, field: &'static str, theirs: &'static str) -> Self {
        Self { other: Some((field, theirs)), ..self }
    }
    /// The form with `changes` made to what its page shows, from `seen`.
    fn pairs(&self, start: &Value, seen: &str, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut pairs =
            vec![("organization".to_owned(), "acme".to_owned()), ("seen".to_owned(), seen.to_owned())];
        pairs.extend(self.id.iter().map(|id| ("id".to_owned(), id.clone())));
        for (name, value) in start.as_object().unwrap() {
            let changed = changes.iter().find(|(field, _)| field == name).map(|(_, value)| *value);
            let value = changed.unwrap_or_else(|| value.as_str().unwrap()).to_owned();
            pairs.push(((self.sent_as)(name), value));
        }
        pairs
    }
    /// What the hidden field of the form in a page says: what is stored, as the form has it.
    fn seen(&self, page: &str) -> String {
        let form = page.split(&format!("action=\"{}\"", self.path)).nth(1);
        let form = form.unwrap_or_else(|| panic!("{} has no form to {}: {page}", self.page, self.path));
        let value = form.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    }
}

/// Without the marks that the browser's half goes by.
fn tidy(page: &str) -> String {
    page.replace("<!>", "")
}

struct Two {
    app: TestApp,
    ada: String,
    ben: String,
}

impl Two {
    async fn new(db: TestDb) -> Self {
        let app = TestApp::acme(db).await;
        app.person("ben@acme.test", "acme", "admin").await;
        let (ada, ben) = (app.sign_in("ada@acme.test").await, app.sign_in("ben@acme.test").await);
        Self { app, ada, ben }
    }
    async fn page(&self, record: &Record) -> String {
        let page = self.app.get(&record.page).cookie(&self.ada).send().await;
        assert_eq!(page.status, 200, "{} {}", record.page, page.text);
        tidy(&page.text)
    }
    async fn stored(&self, record: &Record) -> Value {
        serde_json::from_str(&record.seen(&self.page(record).await)).unwrap()
    }
    /// As a browser with scripts does.
    async fn send(&self, cookie: &str, record: &Record, pairs: &[(String, String)]) -> Answer {
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        self.app.post(record.path).cookie(cookie).form(&pairs).send().await
    }
    /// As a browser without scripts does; the page that it leads to.
    async fn plain(&self, record: &Record, pairs: &[(String, String)]) -> String {
        let pairs: Vec<(&str, &str)> =
            pairs.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let call = self.app.post(record.path).cookie(&self.ada).header("accept", "text/html");
        let referer = format!("http://watchroom.test{}", record.page);
        let back = call.header("referer", &referer).form(&pairs).send().await;
        let address = back.header("location").replace("http://watchroom.test", "");
        assert!(!address.is_empty() && address.len() < 8_000, "{} {}", back.status, back.text);
        tidy(&self.app.get(&address).cookie(&self.ada).send().await.text)
    }

    /// All that two people can do to each other in this form.
    async fn try_on(&self, record: &Record) {
        let of = record.path;
        let seen = record.seen(&self.page(record).await);
        let start: Value = serde_json::from_str(&seen).unwrap();
        let was = start[record.field].as_str().unwrap().to_owned();

        // What only others changed is kept, with what only I changed.
        if let Some((other, theirs)) = record.other {
            let answer = self.send(&self.ben, record, &record.pairs(&start, &seen, &[(other, theirs)])).await;
            assert_eq!(answer.status, 200, "{of} {}", answer.text);
            let changes = [(record.field, record.mine.as_str())];
            let answer = self.send(&self.ada, record, &record.pairs(&start, &seen, &changes)).await;
            assert_eq!(answer.status, 200, "{of} {}", answer.text);
            assert!(answer.text.contains("with what others changed meanwhile: "), "{of} {}", answer.text);
            let now = self.stored(record).await;
            assert_eq!((&now[other], &now[record.field]), (&json!(theirs), &json!(record.mine)), "{of}");
            let changes = [(record.field, was.as_str())];
            let answer = self.send(&self.ada, record, &record.pairs(&now, &now.to_string(), &changes)).await;
            assert_eq!(answer.status, 200, "{of} {}", answer.text);
        }

        // Of what both changed nothing is saved and nothing is lost.
        let seen = record.seen(&self.page(record).await);
        let start: Value = serde_json::from_str(&seen).unwrap();
        let changes = [(record.field, record.theirs.as_str())];
        let answer = self.send(&self.ben, record, &record.pairs(&start, &seen, &changes)).await;
        assert_eq!(answer.status, 200, "{of} {}", answer.text);
        let mine = record.pairs(&start, &seen, &[(record.field, record.mine.as_str())]);
        let late = self.send(&self.ada, record, &mine).await;
        assert_eq!((late.status.as_u16(), &late.json()["kind"]), (409, &json!("conflict")), "{of}");
        let now = self.stored(record).await;
        assert_eq!(now[record.field], record.theirs, "{of}");
        let page = self.plain(record, &mine).await;
        let table =
            page.split("class=\"data-table differences\"").nth(1).unwrap_or_else(|| panic!("{of} {page}"));
        let table = table.split("</table>").next().unwrap();
        assert_eq!(table.matches("<th scope=\"row\">").count(), 1, "{of}: only what both changed: {table}");
        let escaped = |text: &str| match text {
            "" => "–".to_owned(),
            text => text.replace('<', "&lt;").replace('>', "&gt;"),
        };
        for cell in [&was, &record.theirs, &record.mine] {
            let cell = format!("<td class=\"lines\">{}</td>", escaped(cell));
            assert!(table.contains(&cell), "{of} {cell} {table}");
        }
        let form = page.split(&format!("action=\"{of}\"")).nth(1).unwrap().split("</form>").next().unwrap();
        let holds = [
            format!("value=\"{}\"", escaped(&record.mine)),
            format!(">{}</textarea>", escaped(&record.mine)),
        ];
        assert!(holds.iter().any(|text| form.contains(text)), "{of}: what was typed is in the form: {form}");

        // Sent again from there it overwrites, knowingly.
        let fresh = record.seen(&page);
        assert_eq!(serde_json::from_str::<Value>(&fresh).unwrap(), now, "{of}: the fields of now");
        let again = record.pairs(&start, &fresh, &[(record.field, record.mine.as_str())]);
        let answer = self.send(&self.ada, record, &again).await;
        assert_eq!(answer.status, 200, "{of} {}", answer.text);
        let now = self.stored(record).await;
        assert_eq!(now[record.field], record.mine, "{of}");

        // What the form was made from is not to be made up.
        for garbage in ["", "{", "[]", "7", r#"{"name":7}"#] {
            let wrong = record.pairs(&now, garbage, &[(record.field, record.theirs.as_str())]);
            let answer = self.send(&self.ada, record, &wrong).await;
            assert_eq!(
                (answer.status.as_u16(), &answer.json()["detail"]),
                (400, &json!(BLIND)),
                "{of} {garbage} {}",
                answer.text
            );
        }
        assert_eq!(self.stored(record).await, now, "{of}");
        let wrong = record.pairs(&now, "{", &[(record.field, record.theirs.as_str())]);
        let page = self.plain(record, &wrong).await;
        assert!(page.contains(BLIND) && !page.contains("seen: "), "{of} {page}");
        let table =
            page.split("class=\"data-table differences\"").nth(1).unwrap_or_else(|| panic!("{of} {page}"));
        assert!(
            table.contains(&format!("<td class=\"lines\">{}</td>", escaped(&record.theirs))),
            "{of} {table}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_people_make_of_records_is_put_together_or_told() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let key = two.app.key("acme", &["all"]).await;
        let made = async |path: &str, body: Value| {
            let made = two.app.post(path).bearer(&key).json(body.to_string()).send().await;
            assert_eq!(made.status, 201, "{path} {}", made.text);
            made.json()["id"].as_str().unwrap().to_owned()
        };
        let id =
            made("/api/v1/environments", json!({ "slug": "lab", "name": "Lab", "tags": { "team": "a" } }))
                .await;
        let page = format!("/o/acme/settings/environments?environment={id}");
        let environment = Record::new("/fn/update_environment", &page, "name", ("theirs <b>", "mine <i>"));
        two.try_on(
            &environment.of(&id).sent_as(|name| format!("environment[{name}]")).and("region", "eu-central-1"),
        )
        .await;

        let id =
            made("/api/v1/sources", json!({ "name": "edge", "source_type": "firewall", "status": "active" }))
                .await;
        let page = format!("/o/acme/sources?source={id}");
        let source = Record::new("/fn/sources/save", &page, "protocol", ("syslog", "file"));
        two.try_on(&source.of(&id).sent_as(|name| format!("source[{name}]")).and("port", "514")).await;

        two.app.person("vic@acme.test", "acme", "viewer").await;
        let members = two.app.get("/api/v1/members").bearer(&key).send().await.json();
        let mut members = members["items"].as_array().unwrap().iter();
        let id = members.find(|m| m["email"] == "vic@acme.test").unwrap()["id"].as_str().unwrap();
        let page = format!("/o/acme/settings/members?member={id}");
        let member = Record::new("/fn/update_member", &page, "role", ("analyst", "admin"));
        two.try_on(&member.of(id).and("approval_level", "senior")).await;

        let id = made("/api/v1/tags", json!({ "name": "phish" })).await;
        let page = format!("/o/acme/settings/tags?tag={id}");
        two.try_on(&Record::new("/fn/rename_tag", &page, "name", ("phishing", "mail")).of(&id)).await;

        let hook = json!({ "name": "hook", "url": "https://1.1.1.1/", "kinds": ["case"] });
        let id = made("/api/v1/webhooks", hook).await;
        let page = format!("/o/acme/settings/webhooks/{id}");
        let hook = Record::new("/fn/change_webhook", &page, "name", ("theirs", "mine")).of(&id);
        let as_webhook = |name: &str| if name == "kinds" { "kinds[0]".to_owned() } else { name.to_owned() };
        two.try_on(&hook.sent_as(as_webhook).and("kinds", "member")).await;

        let pushed = two.app.post(PUSH).bearer(&key).json(plan()).send().await;
        assert!(pushed.status.is_success(), "{} {}", pushed.status, pushed.text);
        let rule = Record::new(
            "/fn/save_drift_rule",
            "/o/acme/drift/rules?rule=open-network",
            "why",
            ("theirs", "mine <i>"),
        );
        two.try_on(&rule.sent_as(|name| format!("rule[{name}]")).and("cost", "0.5")).await;

        let list = two.app.get("/api/v1/iac-repositories").bearer(&key).send().await.json();
        let id = list["items"][0]["id"].as_str().unwrap();
        let page = format!("/o/acme/drift/repositories?repository={id}");
        let repository = Record::new("/fn/save_repository", &page, "branch", ("theirs", "mine"));
        let repository = repository.of(id).and("repository_url", "https://git.example/infra");
        two.try_on(&repository).await;
        // A secret does not come back: that it was typed is told, beside its field.
        let seen = repository.seen(&two.page(&repository).await);
        let start: Value = serde_json::from_str(&seen).unwrap();
        for (secret, told) in [("", false), ("hunter2", true)] {
            let mut wrong = repository.pairs(&start, &seen, &[("name", "")]);
            wrong.push(("credentials".to_owned(), secret.to_owned()));
            let page = two.plain(&repository, &wrong).await;
            let hint = page.split("id=\"repository-credentials-hint\"").nth(1).unwrap();
            let hint = hint.split("</p>").next().unwrap();
            assert_eq!(hint.contains("was not saved: type it again"), told, "{hint}");
            assert!(!page.contains("hunter2"), "{page}");
        }
    })
    .await;
}

/// The form of a template has what a case starts with as that of a case has it.
fn as_template(name: &str) -> String {
    match name {
        "name" | "about" | "tasks" => name.to_owned(),
        name => name
            .strip_prefix("fields.")
            .map_or_else(|| format!("case[{name}]"), |key| format!("case[fields][{key}]")),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_people_make_of_fields_and_templates_of_cases_is_put_together_or_told() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let define = async |path: &str, form: &[(&str, &str)]| {
            let answer = two.app.post(path).cookie(&two.ada).form(form).send().await;
            assert_eq!(answer.status, 200, "{path} {}", answer.text);
        };
        let unit =
            [("organization", "acme"), ("name", "Unit"), ("kind", "choice"), ("choices", "Finance\nSales")];
        define("/fn/define_case_field", &unit).await;
        let owner = [("organization", "acme"), ("name", "Owner"), ("kind", "user")];
        define("/fn/define_case_field", &owner).await;
        let start = [
            ("organization", "acme"),
            ("name", "Phishing"),
            ("tasks", "Ask the user | 4h"),
            ("case[priority]", "normal"),
            ("case[severity]", "medium"),
            ("case[tlp]", "amber"),
            ("case[pap]", "amber"),
            ("case[description]", "Who clicked?"),
            ("case[fields][unit]", "Sales"),
        ];
        define("/fn/define_case_template", &start).await;
        let key = two.app.key("acme", &["all"]).await;
        let id = async |path: &str| {
            let items = two.app.get(path).bearer(&key).send().await.json();
            items["items"][0]["id"].as_str().unwrap().to_owned()
        };

        let field = id("/api/v1/case-fields").await;
        let page = format!("/o/acme/settings/cases?field={field}");
        let record = Record::new("/fn/change_case_field", &page, "name", ("Branch", "Place <b>"));
        two.try_on(&record.of(&field).and("choices", "Finance\nSales\nLegal")).await;
        // A box that was left alone stays as others ticked it, also where the form came back.
        let record = Record::new("/fn/change_case_field", &page, "name", ("Branch", "Site")).of(&field);
        let seen = record.seen(&two.page(&record).await);
        let start: Value = serde_json::from_str(&seen).unwrap();
        let theirs = record.pairs(&start, &seen, &[("required", "true"), ("name", "Branch")]);
        assert_eq!(two.send(&two.ben, &record, &theirs).await.status, 200);
        let page = two.plain(&record, &record.pairs(&start, &seen, &[("name", "Site")])).await;
        assert!(page.contains("the form has it already: Wanted before a case is resolved"), "{page}");
        let form = page.split("action=\"/fn/change_case_field\"").nth(1).unwrap();
        let form = form.split("</form>").next().unwrap();
        let ticked = form.split("<input").find(|input| input.contains("name=\"required\"")).unwrap();
        assert!(ticked.contains("checked") && form.contains("value=\"Site\""), "{form}");

        let template = id("/api/v1/case-templates").await;
        let page = format!("/o/acme/settings/cases?template={template}");
        let record = |field: &'static str, made: (&str, &str)| {
            let record = Record::new("/fn/change_case_template", &page, field, made);
            record.of(&template).sent_as(as_template)
        };
        let (theirs, mine) = ("ж".repeat(3_000), "щ".repeat(3_000));
        two.try_on(&record("description", (&theirs, &mine)).and("about", "A link was opened")).await;
        two.try_on(
            &record("tasks", ("Ask the user | 2d", "Ask the user\nWrite it down"))
                .and("fields.unit", "Finance"),
        )
        .await;
        // Fields of the organization's own by their names, people by theirs.
        let record = record("fields.owner", ("", ""));
        let members = two.app.get("/api/v1/members").bearer(&key).send().await.json();
        let ids: Vec<&str> =
            members["items"].as_array().unwrap().iter().map(|one| one["user_id"].as_str().unwrap()).collect();
        let seen = record.seen(&two.page(&record).await);
        let mut start: Value = serde_json::from_str(&seen).unwrap();
        start["fields.owner"] = json!("");
        let theirs = record.pairs(&start, &seen, &[("fields.owner", ids[0])]);
        assert_eq!(two.send(&two.ben, &record, &theirs).await.status, 200);
        let mine = record.pairs(&start, &seen, &[("fields.owner", ids[1]), ("about", "Mine")]);
        let page = two.plain(&record, &mine).await;
        let table = page.split("class=\"data-table differences\"").nth(1).unwrap_or_else(|| panic!("{page}"));
        let table = table.split("</table>").next().unwrap();
        assert!(table.contains("<th scope=\"row\">Owner</th>") && !table.contains(ids[0]), "{table}");
        assert_eq!(table.matches("<th scope=\"row\">").count(), 1, "{table}");
        // One that was filled in and archived meanwhile is neither asked nor taken away.
        let field = two.app.get("/api/v1/case-fields").bearer(&key).send().await.json();
        let field = field["items"].as_array().unwrap().iter().find(|one| one["key"] == "unit").unwrap();
        let archive = [("organization", "acme"), ("id", field["id"].as_str().unwrap()), ("archived", "true")];
        define("/fn/archive_case_field", &archive).await;
        let seen = record.seen(&two.page(&record).await);
        let mut start: Value = serde_json::from_str(&seen).unwrap();
        let had = start.as_object_mut().unwrap().remove("fields.unit").unwrap();
        let mine = record.pairs(&start, &seen, &[("about", "Mine")]);
        assert_eq!(two.send(&two.ada, &record, &mine).await.status, 200);
        let now = two.stored(&record).await;
        assert_eq!((&now["about"], &now["fields.unit"]), (&json!("Mine"), &had));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_people_make_of_the_settings_of_an_organization_is_put_together_or_told() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        // More than an address could carry back, twice.
        let (theirs, mine) = ("ж".repeat(1_900), "щ".repeat(1_900));
        let general = "/o/acme/settings/general";
        let about = Record::new("/fn/save_organization", general, "description", (&theirs, &mine));
        two.try_on(&about.and("contact_email", "it@acme.test")).await;
        let zone = Record::new("/fn/save_time_zone", general, "time_zone", ("Europe/Berlin", "Asia/Tokyo"));
        two.try_on(&zone).await;
        let rates = Record::new("/fn/save_rate_limits", general, "requests_per_minute", ("60000", "90000"));
        two.try_on(&rates.and("events_per_second", "20000")).await;
        let branding = "/o/acme/settings/branding";
        let branding = Record::new("/fn/save_branding", branding, "display_name", ("Theirs <b>", "Mine <i>"));
        two.try_on(&branding.and("logo_text", "A")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_another_kind_keeps_what_others_changed_and_what_was_typed() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let record = Record::new("/fn/save_organization", "/o/acme/settings/general", "name", ("", ""));
        let seen = record.seen(&two.page(&record).await);
        let start: Value = serde_json::from_str(&seen).unwrap();
        let theirs = record.pairs(&start, &seen, &[("description", "theirs")]);
        assert_eq!(two.send(&two.ben, &record, &theirs).await.status, 200);
        let wrong = record.pairs(&start, &seen, &[("contact_email", "no address"), ("name", "Mine")]);
        let page = two.plain(&record, &wrong).await;
        assert!(page.contains("ot an e-mail address") && page.contains("value=\"no address\""), "{page}");
        assert!(page.contains("value=\"Mine\"") && page.contains(">theirs</textarea>"), "{page}");
        assert!(page.contains("the form has it already: Description"), "{page}");
        let fresh: Value = serde_json::from_str(&record.seen(&page)).unwrap();
        assert_eq!((&fresh["description"], &fresh["name"]), (&json!("theirs"), &start["name"]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_box_that_was_left_alone_stays_as_others_ticked_it() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let rules = Record::new("/fn/set_case_rules", "/o/acme/settings/cases", "four_eyes", ("", ""));
        let seen = rules.seen(&two.page(&rules).await);
        let start = json!({ "four_eyes": "" });
        assert_eq!(serde_json::from_str::<Value>(&seen).unwrap(), start);
        let ticked = rules.pairs(&start, &seen, &[("four_eyes", "true")]);
        assert_eq!(two.send(&two.ben, &rules, &ticked).await.status, 200);
        let answer = two.send(&two.ada, &rules, &rules.pairs(&start, &seen, &[])).await;
        assert!(answer.status == 200 && answer.text.contains("others changed meanwhile"), "{}", answer.text);
        assert_eq!(two.stored(&rules).await, json!({ "four_eyes": "yes" }));
        let answer = two.send(&two.ada, &rules, &rules.pairs(&start, "no", &[])).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_a_second_factor_says_what_they_saw() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let page = "/o/acme/settings/sessions";
        let factor = Record::new("/fn/set_require_factor", page, "required", ("", ""));
        let start = two.stored(&factor).await;
        assert_eq!(start, json!({ "required": "false" }));
        for garbage in ["", "{", r#"{"required":false}"#] {
            let answer =
                two.send(&two.ada, &factor, &factor.pairs(&start, garbage, &[("required", "true")])).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!(BLIND)), "{garbage}");
        }
        assert_eq!(two.stored(&factor).await, start);
        let ask = factor.pairs(&start, &start.to_string(), &[("required", "true")]);
        let (first, second) =
            (two.send(&two.ben, &factor, &ask).await, two.send(&two.ada, &factor, &ask).await);
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (200, 403), "nobody enters without now");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn days_of_retention_that_others_chose_meanwhile_are_kept_or_told_with_the_preview() {
    for_each_backend(|db| async move {
        let two = Two::new(db).await;
        let page = "/o/acme/settings/retention";
        let mut record = Record::new("/fn/save_retention", page, "info", ("", ""));
        let asked = |seen: &str, info: &str| {
            let seen: String = form_urlencoded::byte_serialize(seen.as_bytes()).collect();
            format!("{page}?preview=true&seen={seen}&info={info}&low=&medium=&high=&critical=")
        };
        let seen = json!({ "info": "", "low": "", "medium": "", "high": "", "critical": "" }).to_string();
        let start: Value = serde_json::from_str(&seen).unwrap();
        let theirs = record.pairs(&start, &seen, &[("low", "90")]);
        assert_eq!(two.send(&two.ben, &record, &theirs).await.status, 200);
        // Another severity: the preview has it already, and so has what is saved.
        record.page = asked(&seen, "30");
        let preview = two.page(&record).await;
        assert!(
            preview.contains("the form has it already: Low") && preview.contains("name=\"low\" value=\"90\""),
            "{preview}"
        );
        let mine = record.pairs(&start, &seen, &[("info", "30")]);
        assert_eq!(two.send(&two.ada, &record, &mine).await.status, 200);
        let now: Value = serde_json::from_str(&record.seen(&two.page(&record).await)).unwrap();
        assert_eq!((&now["info"], &now["low"]), (&json!("30"), &json!("90")));
        // The same one.
        let seen = now.to_string();
        let theirs = record.pairs(&now, &seen, &[("info", "60")]);
        assert_eq!(two.send(&two.ben, &record, &theirs).await.status, 200);
        let mine = record.pairs(&now, &seen, &[("info", "45")]);
        assert_eq!(two.send(&two.ada, &record, &mine).await.status, 409);
        record.page = asked(&seen, "45").replace("low=", "low=90");
        let page = two.plain(&record, &mine).await;
        let table = page.split("class=\"data-table differences\"").nth(1).unwrap_or_else(|| panic!("{page}"));
        for cell in ["30", "60", "45"] {
            assert!(table.contains(&format!("<td class=\"lines\">{cell}</td>")), "{table}");
        }
        let fresh = record.seen(&page);
        let again = record.pairs(&now, &fresh, &[("info", "45")]);
        assert_eq!(two.send(&two.ada, &record, &again).await.status, 200);
        let answer = two.send(&two.ada, &record, &record.pairs(&now, "garbage", &[])).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["detail"]), (400, &json!(BLIND)));
    })
    .await;
}
