"""The paper's equations in operator form, one file per section."""
