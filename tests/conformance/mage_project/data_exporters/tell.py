if 'data_exporter' not in globals():
    from mage_ai.data_preparation.decorators import data_exporter
if 'test' not in globals():
    from mage_ai.data_preparation.decorators import test


@data_exporter
def export_data(total, frame, *args, **kwargs):
    print(f"{total['revenue']} of {len(frame)} fruits")
