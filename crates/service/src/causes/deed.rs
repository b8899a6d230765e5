//! What an audit record says that was done: whether it may have changed anything. In the forms of CloudTrail, Kubernetes, Azure and GCP.

use serde_json::Value;

/// Words that begin or end the name of a call that only reads (`DescribeInstances`, `v1.compute.instances.list`).
const READS: [&str; 12] = [
    "get", "list", "describe", "head", "lookup", "search", "read", "watch", "select", "scan", "query", "view",
];

/// False of a read and of what was refused; true where the record does not say. `event_type`: what the event is called where
/// the record names no call.
pub fn may_have_changed(payload: &Value, event_type: Option<&str>) -> bool {
    !is_read(payload, event_type) && !was_refused(payload)
}

fn is_read(payload: &Value, event_type: Option<&str>) -> bool {
    // CloudTrail says it itself; some collectors write it as text.
    match payload.get("readOnly") {
        Some(Value::Bool(read)) => return *read,
        Some(Value::String(read)) => return read.eq_ignore_ascii_case("true"),
        _ => {}
    }
    let called =
        ["/eventName", "/verb", "/protoPayload/methodName", "/operationName/value", "/operationName"]
            .iter()
            .find_map(|place| payload.pointer(place).and_then(Value::as_str));
    called.or(event_type).is_some_and(reads)
}

/// Of the last part of a name (`Microsoft.Storage/storageAccounts/read`) the first word.
fn reads(called: &str) -> bool {
    let last = called.rsplit(['/', '.']).next().unwrap_or(called);
    let end = last.char_indices().skip(1).find(|(_, c)| !c.is_lowercase()).map_or(last.len(), |(at, _)| at);
    let first = last.get(..end).unwrap_or_default();
    READS.iter().any(|word| word.eq_ignore_ascii_case(first)) || last.starts_with("BatchGet")
}

fn was_refused(payload: &Value) -> bool {
    let text = |place: &str| payload.pointer(place).and_then(Value::as_str).unwrap_or_default();
    let number = |place: &str| payload.pointer(place).and_then(Value::as_i64).unwrap_or_default();
    !text("/errorCode").is_empty()
        || number("/responseStatus/code") >= 400
        || number("/protoPayload/status/code") != 0
        || ["/status/value", "/status", "/resultType"]
            .iter()
            .any(|place| ["failed", "failure"].iter().any(|word| text(place).eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_reads_changes_nothing() {
        for record in [
            json!({"eventName": "GetObject", "readOnly": true}),
            json!({"eventName": "PutObject", "readOnly": "true"}),
            json!({"eventName": "DescribeInstances"}),
            json!({"eventName": "ListObjects"}),
            json!({"eventName": "HeadBucket"}),
            json!({"eventName": "BatchGetItem"}),
            json!({"verb": "watch"}),
            json!({"protoPayload": {"methodName": "v1.compute.instances.list"}}),
            json!({"protoPayload": {"methodName": "google.iam.admin.v1.GetIAMPolicy"}}),
            json!({"operationName": {"value": "Microsoft.Storage/storageAccounts/read"}}),
            json!({"operationName": "Microsoft.Storage/storageAccounts/blobServices/containers/read"}),
        ] {
            assert!(!may_have_changed(&record, None), "{record}");
        }
    }

    #[test]
    fn who_was_refused_changed_nothing() {
        for record in [
            json!({"eventName": "PutBucketAcl", "errorCode": "AccessDenied"}),
            json!({"verb": "patch", "responseStatus": {"code": 403}}),
            json!({"protoPayload": {"methodName": "storage.buckets.update", "status": {"code": 7}}}),
            json!({"operationName": "Microsoft.Sql/servers/write", "resultType": "Failure"}),
            json!({"operationName": {"value": "Microsoft.Sql/servers/write"}, "status": {"value": "Failed"}}),
        ] {
            assert!(!may_have_changed(&record, None), "{record}");
        }
    }

    #[test]
    fn the_others_may_have() {
        for record in [
            json!({"eventName": "PutBucketAcl", "readOnly": false}),
            json!({"eventName": "AuthorizeSecurityGroupIngress", "errorCode": null}),
            json!({"eventName": "Getaway"}),
            json!({"verb": "patch", "responseStatus": {"code": 200}}),
            json!({"protoPayload": {"methodName": "storage.setIamPermissions", "status": {}}}),
            json!({"operationName": "Microsoft.Sql/servers/write", "resultType": "Success"}),
            json!({"user": "bea"}),
        ] {
            assert!(may_have_changed(&record, None), "{record}");
        }
        assert!(!may_have_changed(&json!({"user": "bea"}), Some("GetObject")));
        assert!(may_have_changed(&json!({"user": "bea", "eventName": "PutObject"}), Some("list")));
    }
}
