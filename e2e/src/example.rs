//! The configuration that distributions ship.

use std::fmt::Display;

/// It, unchanged but for `global`, where it listens and its addresses.
pub fn example(global: &str, bind: &str, files: impl Display, apps: [(&str, &dyn Display); 2]) -> String {
    let [(name01, app01), (name02, app02)] = apps;
    format!(
        "
global
{global}
    maxconn     4000

defaults
    mode                    http
    log                     global
    option                  httplog
    option                  dontlognull
    option http-server-close
    option forwardfor       except 127.0.0.0/8
    option                  redispatch
    retries                 3
    timeout http-request    10s
    timeout queue           1m
    timeout connect         10s
    timeout client          1m
    timeout server          1m
    timeout http-keep-alive 10s
    timeout check           10s
    maxconn                 3000

frontend  main
    bind {bind}
    acl url_static       path_beg       -i /static /images /javascript /stylesheets
    acl url_static       path_end       -i .jpg .gif .png .css .js

    use_backend static          if url_static
    default_backend             app

backend static
    balance     roundrobin
    server      static {files} check

backend app
    balance     roundrobin
    server  {name01} {app01} check
    server  {name02} {app02} check
"
    )
}
