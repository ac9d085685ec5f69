//! Bodies for generated messages.

use crate::Dice;

/// What bodies are made of. The same dice make the same body.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    /// Whatever could be taken for something else.
    pub pieces: &'static [&'static str],
    /// Of chunks.
    pub extensions: &'static [&'static str],
    /// Behind chunks, line ends included.
    pub trailers: &'static [&'static str],
    /// Now and then a body, or a chunk, has any length below this.
    pub large_bytes: usize,
}

impl Bodies {
    /// Content alone.
    pub fn plain(&self, dice: &mut Dice) -> Vec<u8> {
        if dice.below(12) == 0 {
            return vec![b'y'; dice.index(self.large_bytes)];
        }
        (0..dice.below(4)).flat_map(|_| dice.pick(self.pieces).as_bytes()).copied().collect()
    }

    /// Ends a head with Content-Length, and appends the content.
    pub fn sized(&self, dice: &mut Dice, out: &mut Vec<u8>) {
        let body = self.plain(dice);
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        out.extend_from_slice(&body);
    }

    /// Ends a head with Transfer-Encoding, and appends chunks and trailers.
    pub fn chunked(&self, dice: &mut Dice, out: &mut Vec<u8>) {
        out.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
        for _ in 0..dice.below(4) {
            let (data, extension) = (self.plain(dice), dice.pick(self.extensions));
            if !data.is_empty() {
                out.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
                out.extend_from_slice(&data);
                out.extend_from_slice(b"\r\n");
            }
        }
        let trailers = dice.pick(self.trailers);
        out.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
    }
}
