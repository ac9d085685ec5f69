//! Fetches that HAProxy has (manual 7.3) and the catalog lacks: not found wherever they stand.

use super::super::Effect;
use super::super::sample::Names;

pub(in super::super) const FETCHES: &[Names] = &[
    Names {
        why: "TLS does not tell it yet",
        instead: Effect::NotFound,
        names: "\
         ssl_bc_client_early_traffic_secret \
         ssl_bc_client_handshake_traffic_secret ssl_bc_client_random ssl_bc_client_traffic_secret_0 \
         ssl_bc_curve ssl_bc_early_exporter_secret ssl_bc_err ssl_bc_exporter_secret \
         ssl_bc_npn ssl_bc_server_handshake_traffic_secret \
         ssl_bc_server_random ssl_bc_server_traffic_secret_0 ssl_bc_session_id ssl_bc_session_key \
         ssl_bc_unique_id ssl_c_ca_err ssl_c_ca_err_depth ssl_c_chain_der \
         ssl_c_err ssl_c_policies \
         ssl_c_r_dn ssl_c_san \
         ssl_fc_cipherlist_bin ssl_fc_cipherlist_hex ssl_fc_cipherlist_str ssl_fc_cipherlist_xxh \
         ssl_fc_client_early_traffic_secret ssl_fc_client_handshake_traffic_secret ssl_fc_client_random \
         ssl_fc_client_traffic_secret_0 ssl_fc_crtname ssl_fc_curve ssl_fc_early_exporter_secret \
         ssl_fc_ecformats_bin ssl_fc_eclist_bin ssl_fc_err ssl_fc_err_str ssl_fc_exporter_secret \
         ssl_fc_extlist_bin ssl_fc_has_early ssl_fc_npn \
         ssl_fc_protocol_hello_id ssl_fc_server_handshake_traffic_secret \
         ssl_fc_server_random ssl_fc_server_traffic_secret_0 ssl_fc_session_id ssl_fc_session_key \
         ssl_fc_sigalgs_bin ssl_fc_supported_versions_bin ssl_fc_unique_id \
         ssl_s_chain_der",
    },
    Names {
        why: "it is not read from the first bytes of a connection yet",
        instead: Effect::LeftOut,
        names: "\
         distcc_body distcc_param payload payload_lv",
    },
    Names {
        why: "there are no stick tables yet",
        instead: Effect::NotCounted,
        names: "\
         sc0_bytes_in_rate sc0_bytes_out_rate sc0_clr_gpc0 sc0_clr_gpc1 sc0_conn_cnt sc0_conn_cur \
         sc0_conn_rate sc0_get_gpc0 sc0_get_gpc1 sc0_get_gpt0 sc0_glitch_cnt sc0_glitch_rate sc0_gpc0_rate \
         sc0_gpc1_rate sc0_http_err_cnt sc0_http_err_rate sc0_http_fail_cnt sc0_http_fail_rate \
         sc0_http_req_cnt sc0_http_req_rate sc0_inc_gpc0 sc0_inc_gpc1 sc0_kbytes_in sc0_kbytes_out \
         sc0_sess_cnt sc0_sess_rate sc0_tracked sc0_trackers sc1_bytes_in_rate sc1_bytes_out_rate \
         sc1_clr_gpc0 sc1_clr_gpc1 sc1_conn_cnt sc1_conn_cur sc1_conn_rate sc1_get_gpc0 sc1_get_gpc1 \
         sc1_get_gpt0 sc1_glitch_cnt sc1_glitch_rate sc1_gpc0_rate sc1_gpc1_rate sc1_http_err_cnt \
         sc1_http_err_rate sc1_http_fail_cnt sc1_http_fail_rate sc1_http_req_cnt sc1_http_req_rate \
         sc1_inc_gpc0 sc1_inc_gpc1 sc1_kbytes_in sc1_kbytes_out sc1_sess_cnt sc1_sess_rate \
         sc1_tracked sc1_trackers sc2_bytes_in_rate sc2_bytes_out_rate sc2_clr_gpc0 sc2_clr_gpc1 \
         sc2_conn_cnt sc2_conn_cur sc2_conn_rate sc2_get_gpc0 sc2_get_gpc1 sc2_get_gpt0 sc2_glitch_cnt \
         sc2_glitch_rate sc2_gpc0_rate sc2_gpc1_rate sc2_http_err_cnt sc2_http_err_rate sc2_http_fail_cnt \
         sc2_http_fail_rate sc2_http_req_cnt sc2_http_req_rate sc2_inc_gpc0 sc2_inc_gpc1 sc2_kbytes_in \
         sc2_kbytes_out sc2_sess_cnt sc2_sess_rate sc2_tracked sc2_trackers sc_bytes_in_rate \
         sc_bytes_out_rate sc_clr_gpc sc_clr_gpc0 sc_clr_gpc1 sc_conn_cnt sc_conn_cur sc_conn_rate \
         sc_get_gpc sc_get_gpc0 sc_get_gpc1 sc_get_gpt sc_get_gpt0 sc_glitch_cnt sc_glitch_rate \
         sc_gpc0_rate sc_gpc1_rate sc_gpc_rate sc_http_err_cnt sc_http_err_rate sc_http_fail_cnt \
         sc_http_fail_rate sc_http_req_cnt sc_http_req_rate sc_inc_gpc sc_inc_gpc0 sc_inc_gpc1 sc_kbytes_in \
         sc_kbytes_out sc_sess_cnt sc_sess_rate sc_tracked sc_trackers src_bytes_in_rate \
         src_bytes_out_rate src_clr_gpc src_clr_gpc0 src_clr_gpc1 src_conn_cnt src_conn_cur src_conn_rate \
         src_get_gpc src_get_gpc0 src_get_gpc1 src_get_gpt src_get_gpt0 src_glitch_cnt src_glitch_rate \
         src_gpc0_rate src_gpc1_rate src_gpc_rate src_http_err_cnt src_http_err_rate src_http_fail_cnt \
         src_http_fail_rate src_http_req_cnt src_http_req_rate src_inc_gpc src_inc_gpc0 src_inc_gpc1 \
         src_kbytes_in src_kbytes_out src_sess_cnt src_sess_rate src_updt_conn_cnt table_avl table_cnt",
    },
    Names {
        why: "there are no users yet",
        instead: Effect::LeftOut,
        names: "\
         http_auth http_auth_bearer http_auth_group http_auth_pass http_auth_type http_auth_user",
    },
    Names {
        why: "there are no variables yet",
        instead: Effect::LeftOut,
        names: "\
         var",
    },
    Names {
        why: "bodies are not looked at yet",
        instead: Effect::LeftOut,
        names: "\
         req.body req.body_len req.body_param req.body_size res.body res.body_len res.body_size",
    },
    Names {
        why: "there are no stick tables yet, which hold it",
        instead: Effect::LeftOut,
        names: "sc0_key sc1_key sc2_key sc_key",
    },
    Names {
        why: "loads and rates are not read by expressions yet",
        instead: Effect::NotCounted,
        names: "\
         act_conn bc_be_queue bc_srv_queue be_sess_rate dst_conn fe_req_rate \
         fe_sess_rate srv_queue srv_sess_rate tot_conn",
    },
    Names {
        why: "what goes on now is not read by expressions yet",
        instead: Effect::LeftOut,
        names: "\
         be_conn_free be_connect_timeout be_queue_timeout prio_class prio_offset \
         srv_conn_free srv_iweight srv_uweight srv_weight stopping uptime",
    },
    Names {
        why: "the state of sockets is not read by expressions yet",
        instead: Effect::LeftOut,
        names: "\
         bc.timer.connect bc_dst bc_dst_port bc_err bc_err_name bc_err_str bc_glitches bc_http_major \
         bc_nb_streams bc_reused bc_rtt bc_rttvar bc_settings_streams_limit bc_src bc_src_port \
         fc.timer.handshake fc.timer.total fc_dst fc_dst_is_local fc_dst_port fc_err fc_err_name fc_err_str \
         fc_fackets fc_glitches fc_http_major fc_lost fc_nb_streams fc_reordering fc_retrans fc_rtt \
         fc_rttvar fc_sacked fc_saved_syn fc_settings_streams_limit fc_src fc_src_is_local fc_src_port \
         fc_unacked",
    },
    Names {
        why: "nothing is captured yet",
        instead: Effect::LeftOut,
        names: "\
         capture.req.hdr capture.req.method capture.req.uri capture.req.ver capture.res.hdr capture.res.ver",
    },
    Names {
        why: "requests get no identifier yet",
        instead: Effect::LeftOut,
        names: "\
         unique-id",
    },
    Names {
        why: "devices are not told apart",
        instead: Effect::LeftOut,
        names: "\
         51d.all",
    },
    Names {
        why: "it looks into HAProxy's own inside",
        instead: Effect::LeftOut,
        names: "\
         bs.aborted bs.debug_str bs.id bs.rst_code cpu_calls cpu_ns_avg cpu_ns_tot fs.aborted fs.debug_str \
         fs.id fs.rst_code internal.htx.data internal.htx.free internal.htx.free_data internal.htx.has_eom \
         internal.htx.nbblks internal.htx.size internal.htx.used internal.htx_blk.data \
         internal.htx_blk.hdrname internal.htx_blk.hdrval internal.htx_blk.size internal.htx_blk.start_line \
         internal.htx_blk.type internal.strm.is_htx last_entity last_rule_file last_rule_line lat_ns_avg \
         lat_ns_tot lua nbthread pid proc quic_enabled term_events thread txn.id32 \
         txn.sess_term_state waiting_entity",
    },
    Names {
        why: "it is not evaluated yet",
        instead: Effect::LeftOut,
        names: "\
         accept_date acl aes_gcm_dec base32 base32+src baseq be_http_major be_id be_max_retries \
         be_server_timeout be_tarpit_timeout be_tunnel_timeout bytes_in bytes_out cook_val cookie \
         cur_client_timeout cur_connect_timeout cur_max_retries cur_queue_timeout cur_server_timeout \
         cur_tarpit_timeout cur_tunnel_timeout date_us dst_is_local fe_client_timeout fe_defbe \
         fe_id fe_tarpit_timeout hdr_names http_first_req ipv4 ipv6 meth mqtt_is_valid \
         req.bytes_in req.bytes_out req.cook_names req.cook_val req.hdr_names req.hdrs req.hdrs_bin \
         req.timer.hdr req.timer.idle req.timer.queue req.timer.tq request_date res.bytes_in res.bytes_out \
         res.cook res.cook_cnt res.cook_names res.cook_val res.hdr_names res.hdrs res.hdrs_bin \
         res.timer.data res.timer.hdr scook scook_cnt scook_val server_status set-cookie so_id so_name \
         src_is_local srv_id srv_name txn.conn_retries txn.redispatched txn.status txn.timer.total \
         txn.timer.user url32 url32+src url_ip url_port urlp_val uuid",
    },
];
