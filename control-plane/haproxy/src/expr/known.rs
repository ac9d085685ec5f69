//! Names that HAProxy has and the catalog lacks: told apart from typing errors, and refused by name.

/// HAProxy's fetches (manual 7.3), sorted.
const FETCHES: &str = "\
    acl aes_gcm_dec avg_queue baseq base32 base32+src bc.timer.connect bc_be_queue bc_dst bc_dst_port bc_err \
    bc_err_str bc_http_major bc_src bc_src_port be_conn be_conn_free be_http_major be_id be_server_timeout \
    be_sess_rate be_tunnel_timeout bin capture.req.hdr capture.req.method capture.req.uri capture.req.ver \
    capture.res.hdr capture.res.ver connslots cook_val cookie cpu_calls cpu_ns_avg cpu_ns_tot date date_us \
    distcc_body distcc_param dst_conn dst_is_local env fc.timer.handshake fc.timer.total fc_dst \
    fc_dst_is_local fc_dst_port fc_err fc_err_str fc_fackets fc_http_major fc_lost fc_pp_authority fc_pp_tlv \
    fc_pp_unique_id fc_rcvd_proxy fc_reordering fc_retrans fc_rtt fc_rttvar fc_sacked fc_src fc_src_is_local \
    fc_src_port fc_unacked fe_client_timeout fe_conn fe_defbe fe_id fe_req_rate fe_sess_rate \
    fe_tarpit_timeout hdr_names hostname http_auth http_auth_bearer http_auth_group http_auth_pass \
    http_auth_type http_auth_user http_first_req ipv4 ipv6 last_rule_file last_rule_line lat_ns_avg \
    lat_ns_tot lua meth mqtt_is_valid nbproc nbsrv nbthread payload payload_lv pid prio_class prio_offset \
    proc queue quic_enabled rand rdp_cookie rdp_cookie_cnt rep_ssl_hello_type req.body req.body_len \
    req.body_param req.body_size req.bytes_in req.cook_val req.hdr_names req.hdrs req.hdrs_bin req.len \
    req.payload req.payload_lv req.rdp_cookie req.rdp_cookie_cnt req.ssl_alpn req.ssl_ec_ext \
    req.ssl_hello_type req.ssl_sni req.ssl_st_ext req.ssl_ver req.timer.hdr req.timer.idle req.timer.queue \
    req.timer.tq req_len req_rdp_cookie req_rdp_cookie_cnt req_ssl_hello_type req_ssl_sni req_ssl_ver \
    res.body res.body_len res.body_size res.cache_hit res.cache_name res.comp res.comp_algo res.cook \
    res.cook_cnt res.cook_val res.hdr_names res.hdrs res.hdrs_bin res.len res.payload res.payload_lv \
    res.rdp_cookie res.rdp_cookie_cnt res.ssl_hello_type res.timer.data res.timer.hdr sc0_bytes_in_rate \
    sc_bytes_in_rate sc_conn_cur sc_conn_rate sc_http_err_rate sc_http_req_cnt sc_http_req_rate sc_tracked \
    scook scook_cnt scook_val so_id so_name src_bytes_in_rate src_clr_gpc0 src_conn_cnt src_conn_cur \
    src_conn_rate src_get_gpc0 src_http_err_rate src_http_req_rate src_inc_gpc0 src_is_local src_kbytes_in \
    src_updt_conn_cnt srv_conn srv_conn_free srv_id srv_is_up srv_iweight srv_name srv_queue srv_sess_rate \
    srv_uweight srv_weight ssl_bc ssl_c_s_dn ssl_c_used ssl_c_verify ssl_f_sha1 ssl_fc_alpn ssl_fc_cipher \
    ssl_fc_has_crt ssl_fc_has_sni ssl_fc_is_resumed ssl_fc_npn ssl_fc_protocol ssl_fc_sni stopping table_avl \
    table_cnt thread tot_conn txn.conn_retries txn.id32 txn.redispatched txn.sess_term_state txn.status \
    txn.timer.total txn.timer.user unique-id url32 url32+src url_ip url_port urlp_val uuid var wait_end";

/// Starts of families of fetches too many to list.
const FETCH_FAMILIES: &[&str] = &["sc0_", "sc1_", "sc2_", "sc_", "src_", "ssl_", "table_", "lua."];

/// HAProxy's converters (manual 7.3.1), sorted.
const CONVERTERS: &str = "\
    51d.single add add_item aes_cbc_dec aes_cbc_enc aes_gcm_dec aes_gcm_enc and b64dec base2 base64 be2dec \
    be2hex concat cpl crc32 crc32c cut_crlf da-csv-conv date debug digest div djb2 even fix_is_valid \
    fix_tag_value hex2i hmac htonl http_date iif in_table ipmask json json_query jwt_header_query \
    jwt_payload_query jwt_verify language ltime map map_beg map_dir map_dom map_end map_int map_ip map_key \
    map_len map_reg map_regm map_str map_sub mod mqtt_field_value mqtt_is_valid ms_ltime ms_utime mul nbsrv \
    neg odd or param protobuf regsub reverse_dom rfc7239_field rfc7239_is_valid rfc7239_n2nn rfc7239_n2np \
    rfc7239_nn rfc7239_np sdbm secure_memcmp set-var sha1 sha2 srv_queue strcmp sub table_conn_cnt \
    table_http_req_rate table_idle ub64dec ub64enc ungrpc unset-var url_enc us_ltime us_utime utime when wt6 \
    x509_v_err_str xor xxh3 xxh32 xxh64";

/// HAProxy's log-format aliases (manual 8.2.6) that are not in the catalog.
const ALIASES: &[&str] = &["ID", "o", "sslc", "sslv"];

/// Fetches that take a match method as the end of their name.
const SUFFIXED: &str = "\
    hdr_beg hdr_dir hdr_dom hdr_end hdr_len hdr_reg hdr_sub path_beg path_dir path_dom path_end path_len \
    path_reg path_sub url_beg url_dir url_dom url_end url_len url_reg url_sub urlp_beg urlp_end urlp_reg \
    urlp_sub base_beg base_reg cook_beg cook_reg";

/// Whether HAProxy has a fetch of that name.
pub(super) fn is_fetch(name: &str) -> bool {
    listed(FETCHES, name) || FETCH_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether HAProxy has a converter of that name.
pub(super) fn is_converter(name: &str) -> bool {
    listed(CONVERTERS, name) || name.starts_with("table_") || name.starts_with("lua.")
}

/// Whether HAProxy has a log-format alias of that name.
pub(super) fn is_alias(name: &str) -> bool {
    ALIASES.contains(&name)
}

/// Names with a method in them, for suggestions; none outside ACLs.
pub(super) fn acl_names(acl: bool) -> impl Iterator<Item = &'static str> {
    let names = if acl { SUFFIXED } else { "" };
    names.split_ascii_whitespace()
}

/// Whether a list of names has this one.
fn listed(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|listed| listed == name)
}
