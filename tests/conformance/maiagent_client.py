"""How programs for MaiAgent call: what the tests of conformance share. The base is the first argument of whoever imports it."""

import json
import os
import sys
import time
import zipfile
from base64 import b64decode
from io import BytesIO
from xml.sax.saxutils import escape

import requests

base = sys.argv[1]
headers = {'Authorization': f"Api-Key {os.environ['LATCHKEY_API_KEY']}"}


def answered(method, path, **more):
    """One request, as those programs send it; redirects are refused."""
    url = path if path.startswith('http') else f'{base}/{path}'
    return requests.request(method, url, headers=headers, timeout=60, allow_redirects=False, **more)


def call(method, path, expected=None, **more):
    """The same, where what was expected is exactly that."""
    response = answered(method, path, **more)
    wanted = expected or {'POST': 201, 'DELETE': 204}.get(method, 200)
    assert response.status_code == wanted, f'{method} {path}: {response.status_code} {response.text}'
    return response.json() if response.content else None


def every(path):
    """All of a list, as the helper of the vendor's examples follows it."""
    found, url = [], path
    while url:
        page = call('GET', url)
        found += page['results']
        url = page['next']
    return found


def until(what, found, seconds=120):
    """Asks again until there is something, as the programs that poll do."""
    for _ in range(seconds * 4):
        value = found()
        if value:
            return value
        time.sleep(0.25)
    raise AssertionError(f'{what} did not come within {seconds} s')


def asking(content, attachments, conversation, is_streaming):
    message = {'content': content, 'attachments': attachments or []}
    return {'conversation': conversation, 'message': message, 'is_streaming': is_streaming}


def completion(chatbot, content, attachments=None, conversation=None, slash='/'):
    """An answer that comes whole."""
    answer = call('POST', f'chatbots/{chatbot}/completions{slash}', 200, json=asking(content, attachments, conversation, False))
    assert isinstance(answer['content'], str) and answer['content'] and answer['done'] is True
    return answer


def streamed(chatbot, content, attachments=None, conversation=None):
    """An answer that comes in pieces: its text and its conversation."""
    with requests.post(
        f'{base}/chatbots/{chatbot}/completions/', headers=headers, json=asking(content, attachments, conversation, True), stream=True, timeout=60
    ) as response:
        assert response.headers['content-type'].startswith('text/event-stream'), response.text
        events = [json.loads(line[6:]) for line in response.iter_lines(decode_unicode=True) if line.startswith('data: ')]
    assert [event['done'] for event in events] == [False] * (len(events) - 1) + [True]
    assert len({event['conversationId'] for event in events}) == 1 and events[-1]['content'] == ''
    # The vendor's program prints what comes while `done` is false, and nothing else.
    return ''.join(event['content'] for event in events if event['done'] is False), events[0]['conversationId']


def stored(name, content, model='chatbot-file'):
    """The first two of the three steps of an upload: gives the key to be registered."""
    wish = {'filename': name, 'modelName': model, 'fieldName': 'file', 'fileSize': len(content)}
    prepared = call('POST', 'upload-presigned-url/', 200, json=wish)
    names = ['key', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'policy', 'x-amz-signature']
    fields = [(field, (None, prepared['fields'][field])) for field in names]
    sent = requests.post(prepared['url'], files=[*fields, ('file', (name, content))], timeout=60)
    assert sent.status_code == 204, sent.text
    return prepared['fields']['key']


png = b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=')


def pdf(text):
    """A document of one page and one line."""
    drawn = f'BT /F1 12 Tf 72 720 Td ({text}) Tj ET'.encode()
    parts = [
        b'<</Type/Catalog/Pages 2 0 R>>',
        b'<</Type/Pages/Kids[3 0 R]/Count 1>>',
        b'<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>',
        b'<</Length %d>>stream\n%s\nendstream' % (len(drawn), drawn),
        b'<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ]
    written = b'%PDF-1.4\n'
    places = []
    for number, part in enumerate(parts, 1):
        places.append(len(written))
        written += b'%d 0 obj%s endobj\n' % (number, part)
    table = b''.join(b'%010d 00000 n \n' % place for place in places)
    return written + b'xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF' % (table, len(written))


def xlsx(rows):
    """A workbook of one sheet of texts."""
    cells = ''.join('<row>' + ''.join(f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>' for text in row) + '</row>' for row in rows)
    main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
    office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
    packaged = 'http://schemas.openxmlformats.org/package/2006'
    relation = '<Relationships xmlns="%s/relationships"><Relationship Id="r" Type="%s/%s" Target="%s"/></Relationships>'
    kind = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, 'w') as book:
        book.writestr(
            '[Content_Types].xml',
            f'<Types xmlns="{packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        )
        book.writestr('_rels/.rels', relation % (packaged, office, 'officeDocument', 'xl/workbook.xml'))
        book.writestr('xl/workbook.xml', f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="Sheet1" sheetId="1" r:id="r"/></sheets></workbook>')
        book.writestr('xl/_rels/workbook.xml.rels', relation % (packaged, office, 'worksheet', 'worksheets/sheet1.xml'))
        book.writestr('xl/worksheets/sheet1.xml', f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>')
    return buffer.getvalue()
