//! `price(text)`: a rate such as `$0.019` as an exact amount and its currency, parsed as charges
//! are.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Decimal128Array, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use voxlake_model::schema::money_type;
use voxlake_model::{Charge, CurrencySymbols};

use crate::arguments::coerce_arguments;

/// `price(text) -> struct`: `amount`, exact to the millionth, and `currency`, an ISO 4217 code.
/// Both are null if the text is null or not a rate; the currency is null if the text names none.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Price {
    symbols: CurrencySymbols,
    signature: Signature,
}

impl Price {
    /// Creates the function. `symbols` maps currency symbols to currencies.
    pub(crate) fn new(symbols: CurrencySymbols) -> Self {
        Self { symbols, signature: Signature::user_defined(Volatility::Immutable) }
    }

    /// Currency symbols of the function.
    pub(crate) fn symbols(&self) -> &CurrencySymbols {
        &self.symbols
    }
}

impl ScalarUDFImpl for Price {
    fn name(&self) -> &'static str {
        "price"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        coerce_arguments(self.name(), given, &[DataType::Utf8])
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [texts] = args.args.as_slice() else {
            return exec_err!("price takes 1 argument");
        };
        let texts = texts.to_array(args.number_rows)?;
        let price = |text: Option<&str>| Charge::parse_with(text?, &self.symbols);
        let prices: Vec<_> = texts.as_string::<i32>().iter().map(price).collect();
        let amounts = prices.iter().map(|price| price.as_ref().map(|price| i128::from(price.micros)));
        let currencies =
            prices.iter().map(|price| price.as_ref().and_then(|price| price.currency.as_deref()));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(amounts.collect::<Decimal128Array>().with_data_type(money_type())),
            Arc::new(currencies.collect::<StringArray>()),
        ];
        Ok(ColumnarValue::Array(Arc::new(StructArray::try_new(fields(), columns, None)?)))
    }
}

fn fields() -> Fields {
    [Field::new("amount", money_type(), true), Field::new("currency", DataType::Utf8, true)]
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use voxlake_model::CurrencySymbols;

    use voxlake_query::SessionOptions;
    use voxlake_query::test_lake::{TestLake, rendered};

    #[tokio::test]
    async fn prices_are_exact_amounts_with_currency() {
        let sql = "SELECT price(column1)['amount'], price(column1)['currency']
                   FROM (VALUES ('$0.019'), ('0.5'), ('free'), (NULL)) AS v";
        assert_eq!(
            TestLake::empty().sql(sql).await,
            ["0.019000 | USD", "0.500000 | NULL", "NULL | NULL", "NULL | NULL"]
        );
    }

    #[tokio::test]
    async fn configured_symbols_are_used() {
        let codes = [("kr".to_owned(), "SEK".to_owned())].into();
        let currency_symbols = CurrencySymbols::try_new(&codes).unwrap();
        let options = SessionOptions::new().currency_symbols(currency_symbols);
        let session = TestLake::empty().open(options).await.unwrap();
        let answer = session.sql("SELECT price('kr 12')['currency'] AS currency").await.unwrap();
        assert_eq!(rendered(&answer.collect().await.unwrap()), "currency\nSEK");
    }
}
