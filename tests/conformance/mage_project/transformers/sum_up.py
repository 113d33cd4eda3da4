if 'transformer' not in globals():
    from mage_ai.data_preparation.decorators import transformer
if 'test' not in globals():
    from mage_ai.data_preparation.decorators import test


@transformer
def transform(frame, *args, **kwargs):
    return {'revenue': float(frame['revenue'].sum()), 'fruits': frame['fruit'].tolist(), 'day': kwargs.get('day')}
