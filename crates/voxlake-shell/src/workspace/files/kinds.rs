//! Column types of a CSV file, inferred from all values.

use datafusion::arrow::datatypes::{DataType, TimeUnit};

use super::values::{DecimalSign, Form, MAX_DIGITS, form};

/// Whole numbers with this many digits are identifiers and stay text.
const IDENTIFIER_DIGITS: usize = 16;
/// Whole numbers with this many digits may be phone numbers.
const PHONE_DIGITS: usize = 7;
/// Parts of the names of columns with phone numbers.
const PHONE_NAMES: [&str; 6] = ["phone", "mobile", "msisdn", "number", "caller", "callee"];
/// Precision of decimal types that leaves digits for sums and for comparisons with other decimals.
const ROOMY_DIGITS: usize = 18;

/// Type of a column and notation of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Decimal { precision: u8, scale: u8, sign: DecimalSign },
    Double { sign: DecimalSign },
    Date,
    Timestamp { unit: TimeUnit },
    Boolean,
}

impl Kind {
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Decimal { precision, scale, .. } => {
                DataType::Decimal128(precision, i8::try_from(scale).unwrap_or(i8::MAX))
            }
            Self::Double { .. } => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp { unit } => DataType::Timestamp(unit, Some("UTC".into())),
            Self::Boolean => DataType::Boolean,
        }
    }
}

/// Counts of the forms of a column's values.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    integers: u64,
    exponents: u64,
    dates: u64,
    timestamps: u64,
    fine_timestamps: u64,
    booleans: u64,
    texts: u64,
    /// Numbers with leading zeros or a plus sign.
    marked: u64,
    points: Decimals,
    commas: Decimals,
    least_digits: Option<usize>,
    most_digits: usize,
}

/// Decimal numbers of a column with one of the two signs.
#[derive(Clone, Debug, Default)]
struct Decimals {
    count: u64,
    /// Numbers in which the sign cannot separate thousands.
    certain: u64,
    /// Numbers with separated thousands.
    grouped: u64,
    most_scale: usize,
    /// A number in which the sign may separate thousands.
    example: Option<String>,
}

impl Forms {
    /// Adds a cell; an empty one is NULL.
    pub(super) fn add(&mut self, cell: &str) {
        let text = cell.trim();
        if text.is_empty() {
            return;
        }
        match form(text) {
            Form::Integer { digits, marked } => {
                self.integers += 1;
                self.marked += u64::from(marked);
                self.least_digits = Some(self.least_digits.map_or(digits, |least| least.min(digits)));
                self.most_digits = self.most_digits.max(digits);
            }
            Form::Decimal { sign, whole, scale, marked, ambiguous } => {
                self.marked += u64::from(marked);
                self.most_digits = self.most_digits.max(whole);
                let decimals = self.decimals(sign);
                decimals.count += 1;
                decimals.most_scale = decimals.most_scale.max(scale);
                if ambiguous {
                    decimals.example.get_or_insert_with(|| text.to_owned());
                } else {
                    decimals.certain += 1;
                }
            }
            Form::Grouped { sign } => self.decimals(sign).grouped += 1,
            Form::Exponent => self.exponents += 1,
            Form::Date => self.dates += 1,
            Form::Timestamp { fine } => {
                self.timestamps += 1;
                self.fine_timestamps += u64::from(fine);
            }
            Form::Boolean => self.booleans += 1,
            Form::Text => self.texts += 1,
        }
    }

    /// Returns the forms with one more cell.
    pub(super) fn with(mut self, cell: &str) -> Self {
        self.add(cell);
        self
    }

    fn decimals(&mut self, sign: DecimalSign) -> &mut Decimals {
        match sign {
            DecimalSign::Point => &mut self.points,
            DecimalSign::Comma => &mut self.commas,
        }
    }

    /// Returns whether the column has numbers with an unambiguous decimal comma.
    pub(super) fn has_decimal_commas(&self) -> bool {
        self.texts == 0 && self.commas.certain > 0 && self.points.count == 0
    }

    /// Infers the type of the column `name`. `commas` tells if commas can be decimal signs, because
    /// they do not separate cells; `comma_file` tells if another column of the file has decimal
    /// commas.
    ///
    /// The second part is a notice if numbers stay text because they are ambiguous.
    pub(super) fn kind(&self, name: &str, commas: bool, comma_file: bool) -> (Kind, Option<String>) {
        let decimals = self.points.count + self.commas.count;
        let grouped = self.points.grouped + self.commas.grouped;
        let numbers = self.integers + decimals + grouped + self.exponents;
        let moments = self.dates + self.timestamps;
        let kinds = [numbers, moments, self.booleans, self.texts];
        if self.texts > 0 || kinds.iter().filter(|count| **count > 0).count() != 1 || self.marked > 0 {
            return (Kind::Text, None);
        }
        if self.booleans > 0 {
            return (Kind::Boolean, None);
        }
        if moments > 0 {
            return (self.moment(), None);
        }
        if grouped > 0 {
            return (Kind::Text, Some(undecided(name, "it has numbers with separated thousands")));
        }
        if decimals > 0 {
            return self.number(name, commas, comma_file);
        }
        if self.exponents > 0 {
            return (Kind::Double { sign: DecimalSign::Point }, None);
        }
        let phone = self.least_digits >= Some(PHONE_DIGITS) && is_phone_name(name);
        let kind = if phone || self.most_digits >= IDENTIFIER_DIGITS { Kind::Text } else { Kind::Integer };
        (kind, None)
    }

    fn moment(&self) -> Kind {
        if self.timestamps == 0 { Kind::Date } else { Kind::Timestamp { unit: self.unit() } }
    }

    /// Unit of the column's timestamps: that of `start_time`, unless it would lose digits.
    pub(super) fn unit(&self) -> TimeUnit {
        if self.fine_timestamps > 0 { TimeUnit::Microsecond } else { TimeUnit::Millisecond }
    }

    fn number(&self, name: &str, commas: bool, comma_file: bool) -> (Kind, Option<String>) {
        let sign = match (self.points.count, self.commas.count) {
            (_, 0) => DecimalSign::Point,
            (0, _) => DecimalSign::Comma,
            _ => return (Kind::Text, Some(undecided(name, "it has both decimal points and commas"))),
        };
        let decimals = if sign == DecimalSign::Point { &self.points } else { &self.commas };
        let thousands = match sign {
            DecimalSign::Point => comma_file,
            DecimalSign::Comma => true,
        };
        if let (true, 0, Some(example)) = (thousands, decimals.certain, &decimals.example) {
            return (Kind::Text, Some(undecided(name, &format!("{example} may have decimals or thousands"))));
        }
        if sign == DecimalSign::Comma && !commas {
            return (
                Kind::Text,
                Some(undecided(name, "it has decimal commas in a file whose cells commas separate")),
            );
        }
        if self.exponents > 0 {
            let kind = if sign == DecimalSign::Point { Kind::Double { sign } } else { Kind::Text };
            return (kind, None);
        }
        let digits = self.most_digits + decimals.most_scale;
        let precision = if digits <= ROOMY_DIGITS { ROOMY_DIGITS } else { MAX_DIGITS };
        match (u8::try_from(precision), u8::try_from(decimals.most_scale)) {
            (Ok(precision), Ok(scale)) if digits <= MAX_DIGITS => {
                (Kind::Decimal { precision, scale, sign }, None)
            }
            _ => (Kind::Text, None),
        }
    }

    /// Returns the decimal sign of a column that is declared as a number.
    ///
    /// # Errors
    /// The reason why it is ambiguous.
    pub(super) fn declared_sign(&self) -> Result<DecimalSign, String> {
        // Separated thousands determine the decimal sign as decimals do.
        let certain = |decimals: &Decimals| decimals.certain + decimals.grouped > 0;
        let ambiguous = |decimals: &Decimals| decimals.count > decimals.certain;
        match (certain(&self.points), certain(&self.commas)) {
            (true, true) => Err("it has both decimal points and decimal commas".to_owned()),
            (true, false) => Ok(DecimalSign::Point),
            (false, true) => Ok(DecimalSign::Comma),
            (false, false) if ambiguous(&self.commas) => {
                let example = self.commas.example.as_deref().unwrap_or_default();
                Err(format!("{example} may have decimals or thousands"))
            }
            (false, false) => Ok(DecimalSign::Point),
        }
    }
}

fn undecided(name: &str, reason: &str) -> String {
    format!("{name} is kept as text: {reason}; declare its type to read numbers")
}

fn is_phone_name(name: &str) -> bool {
    let name = name.to_lowercase();
    let parts = name.split(|c: char| !c.is_alphanumeric());
    PHONE_NAMES.iter().any(|part| name.contains(part)) || parts.into_iter().any(|part| part == "tel")
}
