//! CRC32c (RFC 4960 appendix B), which a header may have of itself.

/// Of each byte.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            // The polynomial 0x1edc6f41, its bits reversed.
            sum = (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg());
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

/// That of a header whose four bytes at `at`, where it is to stand, count as 0.
pub(super) fn without(header: &[u8], at: usize) -> u32 {
    let bytes = header.iter().enumerate().map(|(index, byte)| {
        let its_own = (at..at + 4).contains(&index);
        if its_own { 0 } else { *byte }
    });
    !bytes.fold(!0, |sum: u32, byte| (sum >> 8) ^ TABLE[usize::from(sum as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of thirty-two bytes 0, as RFC 3720 B.4 has it.
    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(without(&[0; 32], 32), 0x8a91_36aa);
        assert_eq!(without(&[0xff; 32], 32), 0x62a8_ab43);
        let rising: Vec<u8> = (0..32).collect();
        assert_eq!(without(&rising, 32), 0x46dd_794e);
        let marked = [&[0; 10][..], &[1, 2, 3, 4], &[0; 18]].concat();
        assert_eq!(without(&marked, 10), 0x8a91_36aa);
    }
}
