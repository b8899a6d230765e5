//! Kinds of logs that are not among the labelled sets, written from knowledge of the programs. Messages of one event
//! share one template; two events never do.

use std::collections::BTreeMap;

use super::super::template;

/// An event is a block of lines; blank lines divide the events of a family.
fn check(family: &str, text: &str) {
    let mut seen = BTreeMap::new();
    let mut wrong = Vec::new();
    for (event, block) in text.split("\n\n").enumerate() {
        let mut lines = block.lines().map(str::trim).filter(|l| !l.is_empty());
        let Some(first) = lines.next() else { continue };
        let expected = template(first);
        for line in lines {
            if template(line) != expected {
                wrong.push(format!("split:  {expected}\n        {}", template(line)));
            }
        }
        if let Some(other) = seen.insert(expected.clone(), event) {
            wrong.push(format!("merged: {expected} (events {other} and {event})"));
        }
    }
    assert!(wrong.is_empty(), "{family}:\n{}", wrong.join("\n"));
}

#[test]
fn web_servers() {
    check(
        "nginx",
        r#"
        10.0.0.7 - - [12/Mar/2026:10:11:12 +0000] "GET /index.html HTTP/1.1" 200 612 "-" "curl/7.68.0"
        203.0.113.9 - - [12/Mar/2026:10:11:13 +0000] "GET /api/v1/users?id=7 HTTP/2.0" 404 153 "https://acme.example/a" "Mozilla/5.0 (X11; Linux x86_64)"

        2026/03/12 10:11:12 [error] 31#31: *102 open() "/var/www/html/favicon.ico" failed (2: No such file or directory), client: 10.0.0.7, server: localhost, request: "GET /favicon.ico HTTP/1.1", host: "acme.example"
        2026/03/12 10:12:55 [error] 31#31: *2941 open() "/var/www/html/robots.txt" failed (2: No such file or directory), client: 203.0.113.9, server: localhost, request: "GET /robots.txt HTTP/1.1", host: "www.acme.example"

        2026/03/12 10:11:12 [error] 31#31: *9 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.7, server: _, request: "POST /login HTTP/1.1", upstream: "http://127.0.0.1:8080/login", host: "acme.example"
        2026/03/12 10:14:02 [error] 9#9: *77 connect() failed (111: Connection refused) while connecting to upstream, client: 10.9.0.7, server: _, request: "POST /api HTTP/1.1", upstream: "http://127.0.0.1:8081/api", host: "acme.example"

        signal process started

        worker process 1234 exited with code 0
        worker process 88 exited with code 1
        "#,
    );
    check(
        "HAProxy",
        r"
        Server app/web1 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 1 active and 0 backup servers left.
        Server app/web12 is DOWN, reason: Layer4 timeout, check duration: 20ms. 3 active and 1 backup servers left.

        Server app/web1 is UP, reason: Layer4 check passed, check duration: 0ms. 2 active and 0 backup servers left.
        ",
    );
}

#[test]
fn kubernetes() {
    check(
        "kubelet",
        r#"
        Successfully assigned default/web-7d4b9c6f5-x2x9p to node-1
        Successfully assigned default/web-66f8ddc-abcd1 to node-14
        Successfully assigned default/web-5d4f8c7b9-kzxqv to node-3

        Pulling image "nginx:1.25"
        Pulling image "registry.acme.example/team/app@sha256:4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1"

        Started container nginx

        Back-off restarting failed container

        Readiness probe failed: Get "http://10.42.0.17:8080/healthz": context deadline exceeded
        Readiness probe failed: Get "http://10.42.3.9:80/ready": context deadline exceeded

        Liveness probe failed: HTTP probe failed with statuscode: 500
        Liveness probe failed: HTTP probe failed with statuscode: 503

        Scaled up replica set web-7d4b9c6f5 to 3
        Scaled up replica set web-66f8ddc98c to 12

        Scaled down replica set web-7d4b9c6f5 to 0

        I0312 10:11:12.123456    1 controller.go:116] "Starting worker" controller="node" workers=5
        I0313 00:00:00.000001   17 controller.go:9] "Starting worker" controller="pod" workers=10
        "#,
    );
    check(
        "etcd, logfmt",
        r#"
        level=info ts=2026-03-12T10:11:12.123Z caller=main.go:42 msg="Starting server" addr=:8080 tls=true
        level=info ts=2026-03-12T10:15:00Z caller=main.go:49 msg="Starting server" addr=0.0.0.0:443 tls=false

        level=error ts=2026-03-12T10:11:12.123Z caller=main.go:42 msg="Stopping server" err="context canceled"

        time=2026-03-12T10:11:12Z event=login result=success user=vera src=10.0.0.1
        time=2026-03-12T10:11:19Z event=login result=success user="ada l" src=web1

        time=2026-03-12T10:11:12Z event=login result=failure user=vera src=10.0.0.1
        "#,
    );
}

#[test]
fn linux_services() {
    check(
        "systemd",
        r"
        Started Session 12 of user root.
        Started Session 4 of user vera.

        Removed slice User Slice of UID 1000.
        Removed slice User Slice of UID 0.

        nginx.service: Main process exited, code=exited, status=1/FAILURE
        nginx.service: Main process exited, code=killed, status=203/EXEC

        nginx.service: Consumed 1.234s CPU time.
        nginx.service: Consumed 12min 3.004s CPU time.

        Startup finished in 3.2s (kernel) + 12.881s (userspace) = 16.1s.
        Startup finished in 1.002s (kernel) + 1min 2.881s (userspace) = 1min 4.1s.

        New session 17 of user ada.
        New session 8 of user git.
        ",
    );
    check(
        "postfix",
        r"
        connect from mail.acme.example[203.0.113.9]
        connect from unknown[198.51.100.4]

        disconnect from mail.acme.example[203.0.113.9] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5
        disconnect from mx2.other.example[203.0.113.19] ehlo=2 mail=2 rcpt=2 data=2 quit=1 commands=9

        4F2B91C0A: from=<ada@acme.example>, size=1204, nrcpt=1 (queue active)
        82913004: from=<>, size=998213, nrcpt=12 (queue active)
        A0D3E9F1BB: from=<root@db1>, size=3, nrcpt=1 (queue active)

        4F2B91C0A: removed
        82913004: removed

        4F2B91C0A: to=<ada@acme.example>, relay=mx.acme.example[203.0.113.9]:25, delay=1.2, delays=0.1/0.01/0.4/0.7, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 91AC3)
        12C991F00: to=<bob@other.example>, relay=local, delay=0.02, delays=0.01/0/0/0.01, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4T2pXk)

        4F2B91C0A: to=<ada@acme.example>, relay=none, delay=30, delays=0/0/30/0, dsn=4.4.1, status=deferred (connect to mx.acme.example[203.0.113.9]:25: Connection timed out)
        ",
    );
    check(
        "kernel",
        r"
        [12345.678901] Out of memory: Killed process 4321 (java) total-vm:8123456kB, anon-rss:4012345kB, file-rss:0kB, shmem-rss:12kB, UID:1000 pgtables:8012kB oom_score_adj:0
        [9.1] Out of memory: Killed process 77 (java) total-vm:81kB, anon-rss:4kB, file-rss:120kB, shmem-rss:0kB, UID:0 pgtables:80kB oom_score_adj:-500

        eth0: link up, 1000Mbps, full-duplex, lpa 0x45E1
        eth1: link up, 100Mbps, full-duplex, lpa 0xC5E1

        usb 1-1.2: new high-speed USB device number 5 using xhci_hcd
        usb 2-1: new high-speed USB device number 12 using xhci_hcd

        usb 1-1.2: USB disconnect, device number 5

        BUG: unable to handle kernel paging request at ffffffff8100b7f0
        BUG: unable to handle kernel paging request at 00007f3a20001000

        device eth0 entered promiscuous mode
        device eth3 entered promiscuous mode

        CPU0: Core temperature above threshold, cpu clock throttled (total events = 1)
        CPU13: Core temperature above threshold, cpu clock throttled (total events = 88123)
        ",
    );
    check(
        "cron, sudo, dhcp, named",
        r"
        (root) CMD (run-parts /etc/cron.hourly)
        (root) CMD (run-parts /etc/cron.daily)

        vera : TTY=pts/0 ; PWD=/home/vera ; USER=root ; COMMAND=/bin/cat /etc/shadow
        vera : TTY=unknown ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id

        DHCPDISCOVER from 00:11:43:e3:ba:c3 via eth1
        DHCPDISCOVER from 00:11:43:10:22:33 via eth0

        DHCPREQUEST for 10.0.0.7 from 00:11:43:e3:ba:c3 via eth1
        DHCPREQUEST for 10.0.9.7 from 52:54:00:12:34:56 via eth1

        DHCPACK on 10.0.0.7 to 00:11:43:e3:ba:c3 via eth1

        client 10.0.0.7#53124: query: www.acme.example IN A
        client 10.0.0.9#1024: query: mail.other.example IN A

        synchronized to 10.0.0.1, stratum 3
        synchronized to ntp1.acme.example, stratum 2

        Accepted publickey for git from 10.0.0.7 port 5000 ssh2: RSA SHA256:abc1Def2Ghi3Jkl4
        Accepted publickey for vera from 10.0.0.9 port 5122 ssh2: RSA SHA256:9xY8zW7vU6tS5rQ4
        ",
    );
}

#[test]
fn java_services() {
    check(
        "Spark",
        r"
        Running task 0.0 in stage 0.0 (TID 0)
        Running task 12.0 in stage 3.1 (TID 412)

        Finished task 12.0 in stage 3.1 (TID 412). 2128 bytes result sent to driver
        Finished task 1.0 in stage 3.1 (TID 9). 128 bytes result sent to driver

        Block broadcast_0_piece0 stored as bytes in memory (estimated size 5.2 KB, free 317.5 MB)
        Block broadcast_12_piece1 stored as bytes in memory (estimated size 93.0 B, free 1.2 GB)

        Block rdd_42_24 stored as values in memory (estimated size 5.2 KB, free 317.5 MB)
        Block rdd_2_104 stored as values in memory (estimated size 16.1 MB, free 17.5 KB)

        Found block rdd_42_24 locally
        Found block rdd_1_2 locally

        Input split: hdfs://10.10.34.11:9000/data/logs/a.log:7292+7292
        Input split: hdfs://namenode:9000/data/b.log:0+134217728

        Reading broadcast variable 9 took 160 ms
        Reading broadcast variable 10 took 9 ms

        Removed TaskSet 3.0, whose tasks have all completed, from pool
        Removed TaskSet 13.0, whose tasks have all completed, from pool
        ",
    );
    check(
        "stack traces",
        r"
        at org.example.shop.Cart.add(Cart.java:123)
        at org.example.shop.Cart.add(Cart.java:7)

        java.lang.NullPointerException: Cannot invoke method on a null object

        Caused by: java.net.ConnectException: Connection refused

        Caused by: java.net.SocketTimeoutException: Read timed out

        Exception in thread main java.lang.OutOfMemoryError: Java heap space

        Closing org.example.Widget@6d06d69c: startup date [Thu Mar 12 10:11:12 UTC 2026]
        Closing org.example.Widget@cafebabe: startup date [Fri Jan 02 00:01:02 CET 2026]

        HikariPool-1 - Connection is not available, request timed out after 30001ms.
        HikariPool-12 - Connection is not available, request timed out after 5000ms.

        Started ShopApplication in 3.214 seconds (JVM running for 4.1)
        Started ShopApplication in 12 seconds (JVM running for 15)
        ",
    );
    check(
        "ZooKeeper",
        r"
        Expiring session 0x14f05578bd80006, timeout of 10000ms exceeded
        Expiring session 0x24ed93111f20027, timeout of 5000ms exceeded

        Closed socket connection for client /10.10.34.11:59406 which had sessionid 0x14f05578bd80006
        Closed socket connection for client /10.10.34.12:1 which had sessionid 0x34f05578bd80006

        Closed socket connection for client /10.10.34.11:59406 (no session established for client)
        Closed socket connection for client /10.10.34.13:59 (no session established for client)

        Connection broken for id 188978561024, my id = 1, error =
        Connection broken for id 1, my id = 3, error =

        Got user-level KeeperException when processing sessionid:0x14f05578bd80004 type:create cxid:0x5fb zxid:0x700000054 txntype:-1 reqpath:n/a
        Got user-level KeeperException when processing sessionid:0x24f0 type:create cxid:0x1 zxid:0x1 txntype:-1 reqpath:n/a
        ",
    );
}

#[test]
fn machines() {
    check(
        "supercomputer",
        r"
        generating core.2275
        generating core.1

        CE sym 2, at 0x0b85eee0, mask 0x05
        CE sym 20, at 0x1438f9e0, mask 0x40

        iar 00103aa8 dear 0246dd1c
        iar 00105230 dear 02401760
        iar 00103a1c dear 00998877

        total of 1 ddr error(s) detected and corrected
        total of 27 ddr error(s) detected and corrected

        ciod: Error loading /home/a/run.x: invalid or missing program image, No such file or directory
        ciod: Error loading /p/b/c/d.rts: invalid or missing program image, No such file or directory

        ciod: Error loading /home/a/run.x: invalid or missing program image, Exec format error

        ciod: LOGIN chdir(/home/a/b) failed: No such file or directory
        ciod: LOGIN chdir(/p/gb2) failed: No such file or directory

        lr:0040a1b4 cr:24000422 xer:00000000 ctr:004ed128
        lr:00401230 cr:2a00c422 xer:20000000 ctr:00000001

        r24=0x00000000 r25=0xffffffff r26=0x0fed1234 r27=0x1
        r04=0x00a00000 r05=0x0fffffff r06=0x0fed1239 r07=0x91

        Node R63-M0-L2-U04-D is not ready
        Node R04-M1-N4-I:J18-U11 is not ready
        Node R12-M0-NC-I:J18-U01 is not ready

        Fan speeds ( 3552 3534 3375 4245 3515 3479 )
        Fan speeds ( 3552 3534 3375 4245 )

        unable to reach node-18: ambient=29 limit=40
        unable to reach node-9: ambient=131 limit=40

        inconsistent nodesets node-31 0x1fffffffe <ok> node-0 0xfffffffe <ok> node-1 0xfffffffe <ok>
        inconsistent nodesets node-1 0x1 <ok>

        machine check: i-fetch......................0
        machine check: i-fetch......................1

        Temperature (41C) exceeds warning threshold
        Temperature (100C) exceeds warning threshold

        boot (command 1911) Error: all nodes timed out
        boot (command 7) Error: all nodes timed out

        network interface 10.0.0.1 down since 2005-06-03-15.42.50.363779
        network interface 10.0.7.1 down since 2005-11-30-00.00.00.000001
        ",
    );
    check(
        "Android",
        r#"
        acquire lock=233570404, flags=0x1, tag="View Lock", name=com.android.systemui, ws=null, uid=10037, pid=2227
        acquire lock=166121161, flags=0x0, tag="RILJ_ACK_WL", name=com.android.phone, ws=WorkSource{10113}, uid=1000, pid=9

        release:lock=233570404, flg=0x0, tag="View Lock", name=com.android.systemui, ws=null, uid=10037, pid=2227
        release:lock=1, flg=0x1, tag="*launch*", name=android, ws=WorkSource{1 2}, uid=1000, pid=10

        Skipping AppWindowToken{df0798e token=Token{78af589 ActivityRecord{3b04890 u0 com.acme.x/.Main t761}}} -- going to hide
        Skipping AppWindowToken{11223344 token=Token{abc5890 ActivityRecord{1204890 u10 org.other.y/.Play t7}}} -- going to hide

        setLightsOn(true)
        setLightsOn(false)

        printFreezing wtoken = AppWindowToken{a1b2c3d token=Token{e}}, allDrawn= false, startingDisplayed =  false, isRelaunching =  true
        printFreezing wtoken = null, allDrawn= true, startingDisplayed =  true, isRelaunching =  false

        ready=true,policy=3,wakefulness=1,wksummary=0x23,bootcompleted=true,manual=38,auto=-1,adj=0.0userId=0
        ready=false,policy=1,wakefulness=0,wksummary=0x0,bootcompleted=true,manual=-1,auto=12,adj=-0.25userId=10

        processHandleBroadcastAction action:android.intent.action.SCREEN_ON
        processHandleBroadcastAction action:android.intent.action.TIME_TICK

        onReceive action: android.intent.action.SCREEN_ON
        onReceive action: com.acme.health.SYNC

        setTodayTotalDetailSteps=1514038440000##7007##548365##8661##12361##27173954
        setTodayTotalDetailSteps=1514038500000##7009##548365##8661##12361##2

        getTodayTotalDetailSteps = 1514038440000##6993##548365##8661##12266##27164404
        getTodayTotalDetailSteps = 1514038440000##0

        REPORT : 7007 5002 150089 240
        REPORT : 1 2 3 4

        Destroying surface Surface(name=PopupWindow:42424b4) called by com.android.server.wm.WindowState
        Destroying surface Surface(name=Toast) called by com.android.server.wm.WindowState
        "#,
    );
    check(
        "macOS",
        r"
        en0: BSSID changed to 5c:50:15:4c:18:13
        en1: BSSID changed to 00:50:15:10:18:13

        lease for 00-1A-2B-3C-4D-5E on vlan 7
        lease for A4-5E-60-DD-EE-F1 on vlan 12

        ARPT: 620701.011328: AirPort_Brcm43xx::syncPowerState: WWEN[enabled]
        ARPT: 621131.293163: AirPort_Brcm43xx::syncPowerState: WWEN[enabled]

        IOThunderboltSwitch<0>(0x0)::listenerCallback - Thunderbolt HPD packet for route = 0x0 port = 11 unplug = 0
        IOThunderboltSwitch<1>(0x3)::listenerCallback - Thunderbolt HPD packet for route = 0x1 port = 1 unplug = 1

        Setting BTCoex Config: enable_2G:1, profile_2g:0, enable_5G:1, profile_5G:0
        Setting BTCoex Config: enable_2G:0, profile_2g:1, enable_5G:0, profile_5G:2

        Failed to set label of `/private/tmp/a.txt': Operation not permitted
        Failed to set label of `/private/var/b': Operation not permitted
        ",
    );
}

#[test]
fn security_products() {
    check(
        "firewalls",
        r#"
        action=blocked src=10.0.0.7 dst=203.0.113.9 proto=tcp dport=445 rule=12
        action=blocked src=10.9.0.7 dst=198.51.100.9 proto=udp dport=53 rule=deny-all

        action=allowed src=10.0.0.7 dst=203.0.113.9 proto=tcp dport=443 rule=4

        [UFW BLOCK] IN=eth0 OUT= MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=10.0.0.7 DST=10.0.0.1 LEN=40 TOS=0x00 PREC=0x00 TTL=244 ID=54321 PROTO=TCP SPT=4444 DPT=22
        [UFW BLOCK] IN=wlan0 OUT= MAC=00:11:22:33:44:55:66:77:88:99:aa:bb:08:00 SRC=10.7.0.7 DST=10.0.0.1 LEN=1500 TOS=0x10 PREC=0x20 TTL=2 ID=0 PROTO=UDP SPT=53 DPT=5353

        %ASA-4-106023: Deny tcp src outside:203.0.113.9/4321 dst inside:10.0.0.7/22 by access-group "outside_in" [0x0, 0x0]
        %ASA-4-106023: Deny tcp src outside:198.51.100.9/1 dst inside:10.0.0.9/443 by access-group "dmz_in" [0x8ed66b60, 0x0]
        "#,
    );
    check(
        "applications",
        r#"
        duplicate key value violates unique constraint "users_email_key"
        duplicate key value violates unique constraint "orders_pkey"

        checkpoint complete: wrote 44 buffers (0.3%); 0 WAL file(s) added, 0 removed, 1 recycled; write=4.401 s, sync=0.003 s, total=4.414 s; distance=202 kB, estimate=202 kB
        checkpoint complete: wrote 9001 buffers (55%); 1 WAL file(s) added, 2 removed, 0 recycled; write=269.1 s, sync=0.013 s, total=270 s; distance=91202 kB, estimate=91202 kB

        slow query took 1.5s: SELECT
        slow query took 250ms: SELECT
        slow query took 1h30m: SELECT

        job 1234 [retry, mail, high] done
        job 7 [retry, mail, high] done

        deleted keys [k1, k2, k3] from cache
        deleted keys [k7] from cache

        removed 3 items: 17, 18, 19
        removed 1 items: 4

        user 'ada' logged in from 10.0.0.7
        user 'bob' logged in from web.acme.example

        User: ada logged out
        User: bob logged out

        worker 9f86d081884c7d659a2feaa0c55ad015 registered
        worker 60303ae22b998861bce3b28f33eec1be registered

        request 7f3a09bc done
        request 12345678 done
        request abcd1234 done
        "#,
    );
}

#[test]
fn clusters() {
    check(
        "cluster nodes",
        r"
        an672: link is down
        bn325: link is down
        dn3: link is down

        data_thread() got not answer from any [Cluster_B8] datasource
        data_thread() got not answer from any [Cluster_B12] datasource

        tbird-admin1 rejected join from node18
        tbird-admin2 rejected join from cn7

        sda1: rw=0, want=12, limit=8
        hdc2: rw=1, want=4096, limit=12

        (root) CMD (run-parts /etc/cron.hourly)
        (root) CMD (/usr/lib/sa/sa1 1 1)

        loss of lock, scale 1.5e-05
        loss of lock, scale 0.5

        Mem-Info: DMA per-cpu: cpu 0 hot: low 2, high 6, batch 1
        Mem-Info: DMA per-cpu: cpu 1 hot: low 32, high 96, batch 16

        imklog 5.8.10, log source = /proc/kmsg started.
        imklog 8.24.0-52.el7, log source = /proc/kmsg started.
        ",
    );
    check(
        "sendmail, auditd",
        r#"
        j5AAk0 from=root, size=0, class=0, nrcpts=0, relay=root@localhost
        jA9K31 from=vera, size=1201, class=-30, nrcpts=3, relay=vera@db1.acme.example [10.0.0.1]

        type=SYSCALL msg=audit(1364481363.243:24287): arch=c000003e syscall=2 success=no exit=-13 a0=7fffd19c5592 a1=0 pid=3538 auid=1000 comm="cat" exe="/bin/cat" key="sshd_config"
        type=SYSCALL msg=audit(1364481999.003:4): arch=40000003 syscall=59 success=yes exit=0 a0=9a a1=0 pid=7 auid=0 comm="sh" exe="/bin/sh" key=(null)

        type=PATH msg=audit(1364481363.243:24287): item=0 name="/etc/ssh/sshd_config" inode=409248 dev=fd:00 mode=0100600
        type=PATH msg=audit(1364481999.243:9): item=1 name=(null) inode=12 dev=08:02 mode=0100644
        "#,
    );
}

#[test]
fn data_stores() {
    check(
        "MySQL, Redis, Kafka, Elasticsearch",
        r"
        Aborted connection 12345 to db: 'shop' user: 'app' host: '10.0.0.7' (Got timeout reading communication packets)
        Aborted connection 9 to db: 'unconnected' user: 'root' host: 'localhost' (Got timeout reading communication packets)

        Access denied for user 'root'@'localhost' (using password: YES)
        Access denied for user 'app'@'10.0.0.9' (using password: YES)

        10 changes in 300 seconds. Saving...
        1 changes in 900 seconds. Saving...

        RDB: 2 MB of memory used by copy-on-write
        RDB: 117 MB of memory used by copy-on-write

        Background saving started by pid 123
        Background saving started by pid 40112

        [Partition orders-3 broker=1] Log loaded for partition orders-3 with initial high watermark 0
        [Partition orders-12 broker=2] Log loaded for partition orders-12 with initial high watermark 918223

        Member consumer-1-7f3a09bc-1c2d-4e5f-8a9b-0c1d2e3f4a5b in group shop has failed, removing it from the group
        Member consumer-22-0b9d64fe-92c1-4bb5-a1a7-3a4f5b6c7d8e in group shop has failed, removing it from the group

        Preparing to rebalance group shop in state PreparingRebalance with old generation 3 (__consumer_offsets-12)
        Preparing to rebalance group shop in state PreparingRebalance with old generation 117 (__consumer_offsets-9)

        [gc][young][1234][12] duration [1.2s], collections [1]/[1.9s], total [1.2s]/[4.5m], memory [3.1gb]->[1.2gb]/[4gb]
        [gc][young][99][1] duration [750ms], collections [2]/[1m], total [750ms]/[1.1h], memory [310.2mb]->[112mb]/[1.5gb]

        low disk watermark [85%] exceeded on [Xy3kQ9a1TnOb][node-1][/data/es] free: 12.3gb[14.2%], replicas will not be assigned to this node
        low disk watermark [90%] exceeded on [aB5kQ0z1T7Ob][node-22][/var/lib/es] free: 900mb[1%], replicas will not be assigned to this node
        ",
    );
}

#[test]
fn platforms() {
    check(
        "Docker, Terraform, Windows, Node",
        r"
        container die 4bcff63911fcb4448bd4fdacec207030997caf25e9bea4045fa6c8c44de311d1 (exitCode=137, image=nginx:1.25, name=web)
        container die 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752 (exitCode=0, image=redis, name=cache-1)

        aws_instance.web[0]: Creation complete after 32s [id=i-0abcd1234ef567890]
        aws_instance.web[12]: Creation complete after 1m4s [id=i-01234567890abcdef]

        aws_instance.web[0]: Destruction complete after 32s

        The Windows Update service entered the running state.

        The Windows Update service entered the stopped state.

        An account was successfully logged on. Subject: Security ID: S-1-5-18 Account Name: DC01$ Logon ID: 0x3e7
        An account was successfully logged on. Subject: Security ID: S-1-5-21-3623811015-3361044348-30300820-1013 Account Name: WS14$ Logon ID: 0x1f9a2

        GET /api/users/42 200 12.345 ms - 512
        GET /health 304 1 ms - 0

        Server listening on port 3000
        Server listening on port 8080

        connect ECONNREFUSED 127.0.0.1:5432
        connect ECONNREFUSED 10.2.3.4:6379

        connect ETIMEDOUT 10.2.3.4:6379

        Job nightly-report finished: processed=120 failed=0 in 3m12s
        Job nightly-report finished: processed=7 failed=7 in 950ms

        Certificate for web.acme.example expires in 14 days
        Certificate for mail.acme.example expires in 1 day

        Assumed role arn:aws:iam::123456789012:role/Admin as session ada
        Assumed role arn:aws:iam::999956789012:role/ReadOnly as session ada
        ",
    );
}
