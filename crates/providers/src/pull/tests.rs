//! Tests of the driver, with a provider in this process.
