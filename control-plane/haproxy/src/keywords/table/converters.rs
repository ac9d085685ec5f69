//! Converters that HAProxy has (manual 7.3.1) and the catalog lacks: what they give is not found.

use super::super::Effect;
use super::super::sample::Names;

pub(in super::super) const CONVERTERS: &[Names] = &[
    Names {
        why: "there are no stick tables yet",
        instead: Effect::NotCounted,
        names: "\
         in_table table_bytes_in_rate table_bytes_out_rate table_clr_gpc table_clr_gpc0 table_clr_gpc1 \
         table_conn_cnt table_conn_cur table_conn_rate table_expire table_glitch_cnt table_glitch_rate \
         table_gpc table_gpc0 table_gpc0_rate table_gpc1 table_gpc1_rate table_gpc_rate table_gpt \
         table_gpt0 table_http_err_cnt table_http_err_rate table_http_fail_cnt table_http_fail_rate \
         table_http_req_cnt table_http_req_rate table_idle table_inc_gpc table_inc_gpc0 table_inc_gpc1 \
         table_kbytes_in table_kbytes_out table_server_id table_sess_cnt table_sess_rate table_trackers",
    },
    Names {
        why: "HAProxy's manual writes so for all of its maps, and none has that name",
        instead: Effect::LeftOut,
        names: "map_len map_match map_match_output",
    },
    Names {
        why: "there are no variables yet",
        instead: Effect::LeftOut,
        names: "\
         add_item concat secure_memcmp set-var strcmp unset-var when",
    },
    Names {
        why: "packets and binary protocols are not looked into",
        instead: Effect::LeftOut,
        names: "\
         eth.data eth.dst eth.hdr eth.proto eth.src eth.vlan fix_is_valid fix_tag_value ip.data ip.df \
         ip.dst ip.fp ip.hdr ip.proto ip.src ip.tos ip.ttl ip.ver mqtt_field_value mqtt_is_valid protobuf \
         tcp.dst tcp.flags tcp.options.mss tcp.options.sack tcp.options.tsopt tcp.options.tsval \
         tcp.options.wscale tcp.options.wsopt tcp.options_list tcp.seq tcp.src tcp.win ungrpc",
    },
    Names {
        why: "tokens are not read yet",
        instead: Effect::LeftOut,
        names: "\
         aes_cbc_dec aes_cbc_enc aes_gcm_dec aes_gcm_enc jwt_decrypt_cert jwt_decrypt_jwk \
         jwt_decrypt_secret jwt_header_query jwt_payload_query jwt_verify jwt_verify_cert",
    },
    Names {
        why: "devices are not told apart",
        instead: Effect::LeftOut,
        names: "\
         51d.single da-csv-conv",
    },
    Names {
        why: "what goes on now is not read by expressions yet",
        instead: Effect::LeftOut,
        names: "\
         fe_exists nbsrv srv_is_up srv_queue",
    },
    Names {
        why: "nothing is captured yet",
        instead: Effect::LeftOut,
        names: "\
         capture-req capture-res",
    },
    Names { why: "scripts are not run yet", instead: Effect::LeftOut, names: "lua" },
    Names {
        why: "it is not evaluated yet",
        instead: Effect::LeftOut,
        names: "\
         add and b64dec base2 base64 be2dec be2hex cpl crc32 crc32c cut_crlf date debug digest div djb2 \
         even has_ctl hex2i hmac htonl http_date iif ipmask json json_query language le2dec ltime mod \
         ms_ltime ms_utime mul neg odd or param regsub reverse reverse_dom rfc7239_field rfc7239_is_valid \
         rfc7239_n2nn rfc7239_n2np rfc7239_nn rfc7239_np sdbm sha1 sha2 sub ub64dec ub64enc url_enc \
         us_ltime us_utime utime wt6 x509_v_err_str xor xxh3 xxh32 xxh64",
    },
];
