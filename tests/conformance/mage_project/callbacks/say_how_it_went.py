if 'callback' not in globals():
    from mage_ai.data_preparation.decorators import callback


@callback('success')
def success_callback(parent_block_data, **kwargs):
    print('it went well')


@callback('failure')
def failure_callback(parent_block_data, **kwargs):
    print('it went wrong')
