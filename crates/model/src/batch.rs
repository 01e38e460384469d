use thiserror::Error;

/// The most items of a batch: one request, one transaction, one receipt. The number is ours and not a platform's.
pub const MAX_BATCH: usize = 1000;

/// 1 to [`MAX_BATCH`] items, by construction, with the number of the batch in its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    number: u32,
    items: Vec<T>,
}

/// The number of items that does not fit a batch.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("a batch holds 1 to {MAX_BATCH} items, not {0}")]
pub struct BatchSize(usize);

impl<T> Batch<T> {
    /// Makes batch `number` of a run; the first is 1.
    pub fn new(number: u32, items: Vec<T>) -> Result<Self, BatchSize> {
        match items.len() {
            1..=MAX_BATCH => Ok(Self { number, items }),
            n_items => Err(BatchSize(n_items)),
        }
    }

    pub fn number(&self) -> u32 {
        self.number
    }

    pub fn items(&self) -> &[T] {
        &self.items
    }

    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_never_empty_and_never_over_a_thousand() {
        assert_eq!(Batch::<u8>::new(1, vec![]), Err(BatchSize(0)));
        assert_eq!(Batch::new(1, vec![0; 1000]).unwrap().items().len(), 1000);
        assert_eq!(Batch::new(1, vec![0; 1001]), Err(BatchSize(1001)));
    }
}
