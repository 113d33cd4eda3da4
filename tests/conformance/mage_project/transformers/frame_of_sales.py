import pandas as pd

if 'transformer' not in globals():
    from mage_ai.data_preparation.decorators import transformer
if 'test' not in globals():
    from mage_ai.data_preparation.decorators import test


@transformer
def transform(data, limits, *args, **kwargs):
    frame = pd.DataFrame(data)
    frame['revenue'] = frame['sold'] * frame['price']
    least, rest = limits
    return frame[frame['sold'] >= least]


@test
def test_columns(frame, *args) -> None:
    assert list(frame.columns) == ['fruit', 'sold', 'price', 'revenue']


@test
def test_any(frame, *args) -> None:
    assert len(frame) > 0, 'Nothing was sold'
