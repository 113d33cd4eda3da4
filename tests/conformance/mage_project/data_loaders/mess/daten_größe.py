if 'data_loader' not in globals():
    from mage_ai.data_preparation.decorators import data_loader
if 'test' not in globals():
    from mage_ai.data_preparation.decorators import test


from mage_ai.data_preparation.shared.secrets import get_secret_value


@data_loader
def load_data(*args, **kwargs):
    return len(get_secret_value('warehouse password'))
