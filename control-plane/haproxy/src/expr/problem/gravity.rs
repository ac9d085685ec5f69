//! How grave a problem is.

use super::Problem;

impl Problem {
    /// Whether the expression is refused for it.
    pub fn is_error(&self) -> bool {
        !self.is_degraded()
            && !matches!(
                self,
                Problem::NoPattern
                    | Problem::PatternIgnored { .. }
                    | Problem::MatchOverridden { .. }
                    | Problem::FlagInert { .. }
                    | Problem::NeverMatches { .. }
                    | Problem::VariableUnset { .. }
                    | Problem::ConditionEmpty { .. }
            )
    }

    /// Whether the expression is taken for less than it says.
    pub fn is_degraded(&self) -> bool {
        matches!(
            self,
            Problem::FetchLacking { .. }
                | Problem::FetchUnknown { .. }
                | Problem::NotCounted { .. }
                | Problem::ConverterLacking { .. }
                | Problem::AliasLacking { .. }
                | Problem::FormatFlagLacking { .. }
        )
    }
}
