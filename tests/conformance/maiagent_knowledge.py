"""What the vendor's examples do with knowledge bases, restated: each function is one of its files."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from maiagent_client import answered, call, completion, every, stored, until, xlsx

fares = [('問題', '答案'), ('高鐵票價是多少？', 'The fare from Taipei to Taichung costs 700.')]


def create_knowledge_base(world):
    numbers = {'number_of_retrieved_chunks': 12, 'sentence_window_size': 2, 'enable_hyde': False, 'similarity_cutoff': 0.0, 'enable_rerank': True}
    made = call('POST', 'knowledge-bases/', json={'name': 'My Knowledge Base', 'description': 'A sample.', **numbers, 'chatbots': []})
    world.base = f"knowledge-bases/{made['id']}"
    call('PATCH', f'chatbots/{world.bot}/', json={'knowledgeBases': [{'id': made['id']}]})


def list_knowledge_bases(world):
    page = call('GET', 'knowledge-bases/')
    assert page['count'] >= 1 and any(one['name'] == 'My Knowledge Base' for one in page['results'])


def put(world, name, content):
    """Uploads and registers one file, as each of the programs does; gives what it is by now."""
    body = {'files': [{'file': stored(name, content), 'filename': name}]}
    return call('POST', f'{world.base}/files/', json=body)['results'][0]


def upload_knowledge_file(world):
    world.fares = put(world, '台灣高鐵FAQ.xlsx', xlsx(fares))
    until('the reading of a workbook', lambda: scan_file_status(world)['done'] == ['台灣高鐵FAQ.xlsx'])
    asked = completion(world.bot, 'How much is the fare to Taichung?')
    assert 'Taichung costs 700' in asked['content'], asked
    assert [one['filename'] for one in asked['citations']] == ['台灣高鐵FAQ.xlsx']
    assert 'Taichung' in asked['citationNodes'][0]['chatbotTextNode']['text']


def search_knowledge_base(world):
    found = call('POST', f'{world.base}/search/', 200, json={'query': '高鐵'})
    assert isinstance(found, list) and 'Taichung' in found[0]['text'] and found[0]['score'] > 0
    assert found[0].get('chatbot_file', {}).get('filename', 'Unknown') and found[0]['chatbotFile']['filename'] == '台灣高鐵FAQ.xlsx'


def manage_knowledge_base_labels(world):
    name = f'測試標籤_{uuid.uuid4().hex[:6]}'
    world.label = call('POST', f'{world.base}/labels/', json={'name': name})['id']
    assert any(one['id'] == world.label for one in call('GET', f'{world.base}/labels/')['results'])
    call('PUT', f'{world.base}/labels/{world.label}/', json={'name': f'{name} - 更新版'})
    assert call('GET', f'{world.base}/labels/{world.label}/')['name'] == f'{name} - 更新版'


def manage_knowledge_base_files(world):
    first = call('GET', f'{world.base}/files/')['results'][0]
    file = f"{world.base}/files/{first['id']}/"
    assert call('GET', file)['status'] == 'done'
    label = call('GET', f'{world.base}/labels/')['results'][0]
    wish = {'labels': [{'id': label['id']}], 'rawUserDefineMetadata': {'category': 'documentation', 'priority': 'high'}}
    changed = call('PATCH', f'{file}update-metadata/', json=wish)
    assert [one['id'] for one in changed['labels']] == [label['id']] and changed['rawUserDefineMetadata'] == wish['rawUserDefineMetadata']
    more = [put(world, f'{number}.txt', f'Text number {number}.'.encode()) for number in range(2)]
    until('the reading of two files', lambda: len(scan_file_status(world)['done']) == 3)
    # The parser by its name, as that program writes it, and by its id.
    parser = call('GET', 'parsers/')['results'][0]
    again = [{'id': more[0]['id'], 'parser': parser['name']}, {'id': more[1]['id'], 'parser': parser['id']}]
    call('PATCH', f'{world.base}/files/batch-reparse/', json=again)
    until('a second reading', lambda: len(scan_file_status(world)['done']) == 3)
    call('POST', f'{world.base}/files/batch-delete/', 204, json={'ids': [one['id'] for one in more]})


def delete_knowledge_file(world):
    file = put(world, 'old.txt', b'Old.')
    call('DELETE', f"{world.base}/files/{file['id']}/")
    assert answered('GET', f"{world.base}/files/{file['id']}/").status_code == 404


def manage_knowledge_base_faq(world):
    label = {'id': world.label, 'name': 'general'}
    faq = call('POST', f'{world.base}/faqs/', json={'question': '什麼是 MaiAgent？', 'answer': 'A platform.', 'labels': [label]})['id']
    assert [one['id'] for one in call('GET', f'{world.base}/faqs/')['results']] == [faq]
    call('PUT', f'{world.base}/faqs/{faq}/', json={'question': '什麼是 MaiAgent AI 助手？', 'answer': 'An advanced one.'})
    assert call('GET', f'{world.base}/faqs/{faq}/')['answer'] == 'An advanced one.'
    call('PATCH', f'{world.base}/faqs/{faq}/update-metadata/', json={'rawUserDefineMetadata': {'a': 1}})
    call('POST', f'{world.base}/faqs/batch-delete/', 204, json={'ids': [faq]})


def comprehensive_knowledge_base_example(world):
    numbers = {'number_of_retrieved_chunks': 10, 'sentence_window_size': 3, 'enable_hyde': True, 'similarity_cutoff': 0.1, 'enable_rerank': True}
    made = call('POST', 'knowledge-bases/', json={'name': '測試知識庫', 'description': '一個用於測試的知識庫', **numbers, 'chatbots': []})
    own = f"knowledge-bases/{made['id']}"
    label = call('POST', f'{own}/labels/', json={'name': '技術文檔'})
    faq = {'question': '這個知識庫的用途是什麼？', 'answer': '這個知識庫用於存儲和管理技術文檔。', 'labels': [{'id': label['id'], 'name': '技術文檔'}]}
    made_faq = call('POST', f'{own}/faqs/', json=faq)
    # By words alone nothing here is as good as that cutoff.
    assert isinstance(call('POST', f'{own}/search/', 200, json={'query': '技術文檔'}), list)
    call('PUT', f'{own}/', json={'name': '測試知識庫', 'similarity_cutoff': 0})
    assert len(call('POST', f'{own}/search/', 200, json={'query': '技術文檔'})) == 1
    assert call('GET', f'{own}/')['name'] == '測試知識庫'
    assert [len(call('GET', f'{own}/{kind}/')['results']) for kind in ('labels', 'faqs', 'files')] == [1, 1, 0]
    call('DELETE', f"{own}/faqs/{made_faq['id']}/")
    call('DELETE', f"{own}/labels/{label['id']}/")
    call('DELETE', f'{own}/')


def batch_upload_advanced(world):
    # Ten at once.
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda number: put(world, f'{number}.txt', f'Text number {number}.'.encode()), range(12)))
    page = call('GET', f'{world.base}/files/?page=1&page_size=100')
    assert page['count'] == 13 and {one['id'] for one in made} < {one['id'] for one in page['results']}
    assert all(one['createdAt'].isdigit() for one in page['results'])


def scan_file_status(world):
    names = {'initial': [], 'processing': [], 'done': [], 'failed': []}
    page = call('GET', f'{world.base}/files/?page=1&page_size=100')
    for file in page['results']:
        names[file['status']].append(file['filename'])
    return names


def delete_duplicate_files(world):
    extra = [one for one in every(f'{world.base}/files/?page_size=100') if one['filename'] in ('0.txt', '1.txt')]
    for file in extra:
        call('DELETE', f"{world.base}/files/{file['id']}/")


def fix_failed_files(world):
    broken = put(world, 'broken.pdf', b'This is no PDF.')
    until('a file that fails', lambda: scan_file_status(world)['failed'] == ['broken.pdf'])
    call('DELETE', f"{world.base}/files/{broken['id']}/")
    put(world, 'broken.pdf.txt', b'This is text.')


def upload_missing_files(world):
    for name in ('0.txt', '1.txt'):
        put(world, name, b'Missing no more.')
    until('the reading of all', lambda: len(scan_file_status(world)['done']) == 14)


def documents(world):
    """Three calls of the vendor's helper that none of its examples makes."""
    [document] = call('GET', f"{world.base}/documents/?chatbot_file_id={world.fares['id']}")['results']
    call('PUT', f"{world.base}/documents/{document['id']}/", json={'content': 'The fare is 800 now.'})
    call('DELETE', f"{world.base}/documents/{document['id']}/")


def add_faq(world):
    faq = call('POST', 'faqs/', json={'question': 'When does it open?', 'answer': 'It opens at nine.', 'chatbot': world.bot})
    assert 'opens at nine' in completion(world.bot, 'When does it open?')['content']
    assert [one['id'] for one in every(f'faqs/?chatbot={world.bot}')] == [faq['id']]
    call('DELETE', f"faqs/{faq['id']}/")


def test_parsers(_world):
    """An older program, which chooses a parser by the ending."""
    [pdfs] = [one for one in call('GET', 'parsers/supported-file-types') if one['fileType'] == '.pdf']
    [usual] = [one for one in pdfs['parsers'] if one['isDefault']]
    assert usual['id'] and usual['name'] and usual['provider']
