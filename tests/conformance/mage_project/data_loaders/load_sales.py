if 'data_loader' not in globals():
    from mage_ai.data_preparation.decorators import data_loader
if 'test' not in globals():
    from mage_ai.data_preparation.decorators import test


@data_loader
def load_data(*args, **kwargs):
    factor = kwargs.get('factor', 1)
    return [
        {'fruit': 'apple', 'sold': 3 * factor, 'price': 0.5},
        {'fruit': 'plum', 'sold': 10 * factor, 'price': 0.25},
        {'fruit': 'Äpfel', 'sold': 2 * factor, 'price': None},
    ]


@test
def test_output(output, *args) -> None:
    assert output is not None, 'The output is undefined'
