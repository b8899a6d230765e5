//! Every real log of the shared folder, stored: how many events, from when to when, how severe. The figures were counted apart from
//! this code, from the tables beside the logs (`*_structured.csv`) and the fields of the data sets.

use domain::event::Mapping;
use domain::upload::Format;
use domain::{Severity, Timestamp};
use service::Actor;
use service::import::{Plan, Progress, import};
use store::db::sql;
use testkit::for_each_backend;

use crate::world::World;

/// Name; rows by severity, info first; the earliest and the latest event. Years that a log leaves out are the last that are not ahead.
type Expected = (&'static str, [i64; 5], &'static str, &'static str);

const LOGS: [Expected; 8] = [
    ("Apache", [0, 1405, 0, 595, 0], "2005-12-04T04:47:44Z", "2005-12-05T19:15:57Z"),
    ("HDFS", [1920, 0, 80, 0, 0], "2008-11-09T20:36:15Z", "2008-11-11T10:20:17Z"),
    ("Hadoop", [1040, 0, 808, 150, 2], "2015-10-18T18:01:47.978Z", "2015-10-18T18:10:55.202Z"),
    ("Linux", [2000, 0, 0, 0, 0], "2026-06-14T15:16:01Z", "2026-07-27T14:42:00Z"),
    ("OpenSSH", [2000, 0, 0, 0, 0], "2025-12-10T06:55:46Z", "2025-12-10T11:04:45Z"),
    ("OpenStack", [1969, 0, 31, 0, 0], "2017-05-16T00:00:00.008Z", "2017-05-16T00:14:47.687Z"),
    ("Proxifier", [2000, 0, 0, 0, 0], "2026-07-26T13:30:34Z", "2026-10-30T21:21:48Z"),
    ("Windows", [2000, 0, 0, 0, 0], "2016-09-28T04:30:30Z", "2016-09-29T02:04:40Z"),
];

const DATA_SETS: [Expected; 4] = [
    ("aws_ec2_proxy_s3_exfiltration", [103, 0, 0, 0, 0], "2020-09-14T00:44:20Z", "2020-09-14T01:13:20Z"),
    ("win_logonscript", [122, 0, 0, 0, 0], "2020-10-19T10:46:42.027Z", "2020-10-19T10:47:16.168Z"),
    ("win_lsass_comsvcs", [184, 0, 0, 0, 0], "2020-10-18T07:49:39.776Z", "2020-10-18T07:50:09.089Z"),
    ("win_sc_query", [621, 0, 0, 8, 0], "2020-08-05T07:48:20.606Z", "2020-08-05T07:49:23.994Z"),
];

/// What is stored of a source: rows by severity, the earliest and the latest.
async fn stored(world: &World, source: &str) -> ([i64; 5], Option<Timestamp>, Option<Timestamp>) {
    let mut tx = store::SystemTx::read_across_all_organizations(&world.t.db).await.unwrap();
    let q = sql("SELECT e.severity, count(*) AS n, min(e.occurred_at) AS first, max(e.occurred_at) AS last
                 FROM events e JOIN sources s ON s.organization_id = e.organization_id AND s.id = e.source_id
                 WHERE s.name = $1 GROUP BY e.severity");
    let mut found = ([0; 5], None::<Timestamp>, None);
    for row in tx.conn().rows(q.bind(source)).await.unwrap() {
        let (first, last): (Timestamp, Timestamp) = (row.get("first").unwrap(), row.get("last").unwrap());
        found.0[row.get::<Severity>("severity").unwrap().rank()] = row.get("n").unwrap();
        found.1 = Some(found.1.map_or(first, |at| at.min(first)));
        found.2 = found.2.max(Some(last));
    }
    found
}

#[tokio::test]
async fn every_real_file_is_stored_with_its_times_and_severities() {
    for_each_backend(|t| async move {
        let world = World::new(t);
        let org = world.organization("alpha").await.id;
        let cx = world.services.admit(&Actor::system("import", org)).unwrap();
        let logs = LOGS.iter().flat_map(|of| {
            ["log", "log_structured.csv"].map(|kind| (format!("loghub/{}_2k.{kind}", of.0), of))
        });
        let sets = DATA_SETS.iter().map(|of| (format!("security-datasets/{}.ndjson", of.0), of));
        for (name, (_, severities, first, last)) in logs.chain(sets) {
            let file = std::fs::File::open(testkit::shared_data().join(&name)).unwrap();
            let mapping = Mapping::import().with_source(&name);
            let plan = Plan { mapping, ..Plan::of_source(&name, &name, Format::Auto) };
            let done = import(&cx, file, plan, &mut |_: Progress, _| ()).await.unwrap();
            // Two lines of the first say "warning:", 47 of the second "error:" and one "fatal:", 97 of the third "error :"; their tables have no
            // column for that.
            let severities = match name.as_str() {
                "loghub/Linux_2k.log" => &[1998, 0, 2, 0, 0],
                "loghub/OpenSSH_2k.log" => &[1952, 0, 0, 47, 1],
                "loghub/Proxifier_2k.log" => &[1903, 0, 0, 97, 0],
                _ => severities,
            };
            let all: i64 = severities.iter().sum();
            assert_eq!((done.accepted as i64, done.rejected), (all, 0), "{name}");
            let wanted = (*severities, first.parse().ok(), last.parse().ok());
            assert_eq!(stored(&world, &name).await, wanted, "{name}");
        }
    })
    .await;
}
