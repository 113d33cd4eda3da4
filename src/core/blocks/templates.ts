/** A guard for decorators that are there already when a pipeline runs: an import would replace them. */
const guarded = (module: string, ...names: string[]) =>
  names.map((name) => `if '${name}' not in globals():\n    from mage_ai.${module} import ${name}\n`).join('');

const decorators = 'data_preparation.decorators';

const tested = `

@test
def test_output(output, *args) -> None:
    """
    Fails the block where it has no output.
    """
    assert output is not None, 'There is no output'
`;

/** A function under its decorator, and perhaps a test of what it gives. */
const block = (decorator: string, signature: string, says: string, last: string, isTested = true) =>
  `${guarded(decorators, decorator, ...(isTested ? ['test'] : []))}

@${decorator}
def ${signature}:
    """
    ${says}
    """
    ${last}
${isTested ? tested : ''}`;

const python: Record<string, string> = {
  data_loader: block(
    'data_loader',
    'load_data(*args, **kwargs)',
    'Gives what the pipeline begins with: a frame, a list, a dictionary, any value.',
    'return {}',
  ),
  transformer: block(
    'transformer',
    'transform(data, *args, **kwargs)',
    'Takes the output of the block before (those of further ones are in args), and gives another.',
    'return data',
  ),
  custom: block('custom', 'transform_custom(*args, **kwargs)', 'Does anything, and gives what it will.', 'return {}'),
  data_exporter: block(
    'data_exporter',
    'export_data(data, *args, **kwargs)',
    'Takes the output of the block before, and puts it where it belongs.',
    'pass',
    false,
  ),
  sensor: `${guarded('orchestration.run_status_checker', 'check_status')}${guarded(decorators, 'sensor')}

@sensor
def check_condition(*args, **kwargs) -> bool:
    """
    Says whether the blocks after this one may begin; it is asked again until they may.
    """
    return check_status('pipeline_uuid', kwargs['execution_date'])
`,
  conditional: block(
    'condition',
    'evaluate_condition(*args, **kwargs) -> bool',
    'Says whether the block that it guards runs.',
    'return True',
    false,
  ),
  callback: `${guarded(decorators, 'on_success', 'on_failure')}

@on_success
def after_success(parent_block_data, **kwargs):
    """
    Called when the block has ended well.
    """
    pass


@on_failure
def after_failure(parent_block_data, **kwargs):
    """
    Called when the block has failed: kwargs['__error'] says why.
    """
    pass
`,
};

/** What a block without content begins with (docs/compat/mage.md: Blocks); nothing for most types. */
export function templateOf(type: string, language: string): string {
  return (language === 'python' && Object.hasOwn(python, type) && python[type]) || '';
}
