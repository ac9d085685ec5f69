//! The columns of HAProxy's statistics (management guide 9.1), by name and order of 2.6.

use std::fmt;

macro_rules! fields {
    ($($variant:ident $name:literal $tags:literal,)*) => {
        /// A column.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Field {
            $(#[doc = concat!("`", $name, "`")] $variant,)*
        }

        impl Field {
            /// All columns, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            const fn letters(self) -> &'static str {
                match self {
                    $(Self::$variant => $tags,)*
                }
            }
        }
    };
}

fields! {
    ProxyName "pxname" "KNS",
    ServiceName "svname" "KNS",
    Qcur "qcur" "MGP",
    Qmax "qmax" "MMP",
    Scur "scur" "MGP",
    Smax "smax" "MMP",
    Slim "slim" "CLP",
    Stot "stot" "MCP",
    Bin "bin" "MCP",
    Bout "bout" "MCP",
    Dreq "dreq" "MCP",
    Dresp "dresp" "MCP",
    Ereq "ereq" "MCP",
    Econ "econ" "MCP",
    Eresp "eresp" "MCP",
    Wretr "wretr" "MCP",
    Wredis "wredis" "MCP",
    Status "status" "SGP",
    Weight "weight" "MaP",
    Act "act" "SGP",
    Bck "bck" "SGP",
    Chkfail "chkfail" "MCP",
    Chkdown "chkdown" "MCP",
    Lastchg "lastchg" "MAP",
    Downtime "downtime" "MCP",
    Qlimit "qlimit" "CGS",
    Pid "pid" "KGP",
    Iid "iid" "KGS",
    Sid "sid" "KGS",
    Throttle "throttle" "MaP",
    Lbtot "lbtot" "MCP",
    Tracked "tracked" "CNS",
    Type "type" "CGS",
    Rate "rate" "MRP",
    RateLim "rate_lim" "CLP",
    RateMax "rate_max" "MMP",
    CheckStatus "check_status" "MOP",
    CheckCode "check_code" "MOP",
    CheckDuration "check_duration" "MDP",
    Hrsp1xx "hrsp_1xx" "MCP",
    Hrsp2xx "hrsp_2xx" "MCP",
    Hrsp3xx "hrsp_3xx" "MCP",
    Hrsp4xx "hrsp_4xx" "MCP",
    Hrsp5xx "hrsp_5xx" "MCP",
    HrspOther "hrsp_other" "MCP",
    Hanafail "hanafail" "MCP",
    ReqRate "req_rate" "MRP",
    ReqRateMax "req_rate_max" "MMP",
    ReqTot "req_tot" "MCP",
    CliAbrt "cli_abrt" "MCP",
    SrvAbrt "srv_abrt" "MCP",
    CompIn "comp_in" "MCP",
    CompOut "comp_out" "MCP",
    CompByp "comp_byp" "MCP",
    CompRsp "comp_rsp" "MCP",
    Lastsess "lastsess" "MAP",
    LastChk "last_chk" "MOP",
    LastAgt "last_agt" "MOP",
    Qtime "qtime" "MaP",
    Ctime "ctime" "MaP",
    Rtime "rtime" "MaP",
    Ttime "ttime" "MaP",
    AgentStatus "agent_status" "MOP",
    AgentCode "agent_code" "MOP",
    AgentDuration "agent_duration" "MDP",
    CheckDesc "check_desc" "MOP",
    AgentDesc "agent_desc" "MOP",
    CheckRise "check_rise" "CGS",
    CheckFall "check_fall" "CGS",
    CheckHealth "check_health" "CGS",
    AgentRise "agent_rise" "CGS",
    AgentFall "agent_fall" "CGS",
    AgentHealth "agent_health" "CGS",
    Addr "addr" "CGS",
    Cookie "cookie" "CNS",
    Mode "mode" "CGS",
    Algo "algo" "CGS",
    ConnRate "conn_rate" "MRP",
    ConnRateMax "conn_rate_max" "MMP",
    ConnTot "conn_tot" "MCP",
    Intercepted "intercepted" "MCP",
    Dcon "dcon" "MCP",
    Dses "dses" "MCP",
    Wrew "wrew" "MCP",
    Connect "connect" "MCP",
    Reuse "reuse" "MCP",
    CacheLookups "cache_lookups" "MCP",
    CacheHits "cache_hits" "MCP",
    SrvIcur "srv_icur" "MGP",
    SrcIlim "src_ilim" "CLP",
    QtimeMax "qtime_max" "MMP",
    CtimeMax "ctime_max" "MMP",
    RtimeMax "rtime_max" "MMP",
    TtimeMax "ttime_max" "MMP",
    Eint "eint" "MCP",
    IdleConnCur "idle_conn_cur" "MGP",
    SafeConnCur "safe_conn_cur" "MGP",
    UsedConnCur "used_conn_cur" "MGP",
    NeedConnEst "need_conn_est" "MGP",
    Uweight "uweight" "MaP",
    AggServerStatus "agg_server_status" "MGP",
    AggServerCheckStatus "agg_server_check_status" "MGP",
    AggCheckStatus "agg_check_status" "MGP",
    Modules "-" "---",
    SslSess "ssl_sess" "MCP",
    SslReusedSess "ssl_reused_sess" "MCP",
    SslFailedHandshake "ssl_failed_handshake" "MCP",
    H2HeadersRcvd "h2_headers_rcvd" "MCP",
    H2DataRcvd "h2_data_rcvd" "MCP",
    H2SettingsRcvd "h2_settings_rcvd" "MCP",
    H2RstStreamRcvd "h2_rst_stream_rcvd" "MCP",
    H2GoawayRcvd "h2_goaway_rcvd" "MCP",
    H2DetectedConnProtocolErrors "h2_detected_conn_protocol_errors" "MCP",
    H2DetectedStrmProtocolErrors "h2_detected_strm_protocol_errors" "MCP",
    H2RstStreamResp "h2_rst_stream_resp" "MCP",
    H2GoawayResp "h2_goaway_resp" "MCP",
    H2OpenConnections "h2_open_connections" "MGP",
    H2BackendOpenStreams "h2_backend_open_streams" "MGP",
    H2TotalConnections "h2_total_connections" "MCP",
    H2BackendTotalStreams "h2_backend_total_streams" "MCP",
    H1OpenConnections "h1_open_connections" "MGP",
    H1OpenStreams "h1_open_streams" "MGP",
    H1TotalConnections "h1_total_connections" "MCP",
    H1TotalStreams "h1_total_streams" "MCP",
    H1BytesIn "h1_bytes_in" "MCP",
    H1BytesOut "h1_bytes_out" "MCP",
    H1SplicedBytesIn "h1_spliced_bytes_in" "MCP",
    H1SplicedBytesOut "h1_spliced_bytes_out" "MCP",
}

impl Field {
    /// How many there are.
    pub const COUNT: usize = Self::ALL.len();

    /// Where it stands in a row.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its number in `typed` and JSON, where the column that parts the modules' ones does not count.
    pub fn position(self) -> usize {
        self.index() - usize::from(self.index() > Self::Modules.index())
    }

    /// What kind of number it is.
    pub fn tags(self) -> Tags {
        Tags(self.letters())
    }
}

/// Origin, nature and scope of a value, as `show stat typed` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tags(pub(crate) &'static str);

impl Tags {
    /// `Metric`, `Status`, `Key`, `Config`, `Product`.
    pub fn origin(self) -> &'static str {
        match self.letter(0) {
            b'M' => "Metric",
            b'S' => "Status",
            b'K' => "Key",
            b'C' => "Config",
            _ => "Product",
        }
    }

    /// `Gauge`, `Limit`, `Max`, `Counter` and so on.
    pub fn nature(self) -> &'static str {
        match self.letter(1) {
            b'A' => "Age",
            b'a' => "Avg",
            b'C' => "Counter",
            b'D' => "Duration",
            b'L' => "Limit",
            b'M' => "Max",
            b'N' => "Name",
            b'O' => "Output",
            b'R' => "Rate",
            b'T' => "Time",
            _ => "Gauge",
        }
    }

    /// `Process` or `Service`.
    pub fn scope(self) -> &'static str {
        if self.letter(2) == b'S' { "Service" } else { "Process" }
    }

    fn letter(self, index: usize) -> u8 {
        self.0.as_bytes().get(index).copied().unwrap_or_default()
    }
}

impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
