"""What the vendor's examples do with inboxes and contacts, restated: each function is one of its files."""

import uuid

from maiagent_client import answered, call, every


def get_inboxes(world):
    world.inbox = next(one for one in every('inboxes/') if one['channel']['id'] == world.made['apiWebChatId'])['id']


def create_contact(world):
    world.source = uuid.uuid4().hex
    body = {'name': 'John Doe', 'email': 'john@example.com', 'phone_number': '+886912345678', 'inboxes': [{'id': world.inbox}], 'source_id': world.source}
    made = call('POST', 'contacts/', json=body)
    assert made['name'] == 'John Doe' and made['email'] == 'john@example.com' and made['inboxes'][0]['name']
    world.contact = made['id']
    # Others take 400 for: there is one already.
    call('POST', 'contacts/', 400, json=body)


def list_contacts(world):
    assert call('GET', 'contacts/')['count'] >= 1
    found = call('GET', 'contacts/', params={'query': 'John', 'limit': 10, 'offset': 0})
    assert world.contact in [one['id'] for one in found['results']] and found['count'] >= 1
    assert call('GET', f'contacts/?search={world.source}')['count'] == 1


def update_contact(world):
    body = {'name': 'John Doe (Updated)', 'email': 'john.updated@example.com'}
    changed = call('PATCH', f'contacts/{world.contact}/', json=body)
    assert (changed['name'], changed['email']) == (body['name'], body['email'])


def get_contact_conversations(world):
    path = f'contacts/{world.contact}/conversations'
    assert call('GET', path)['count'] == 0
    call('GET', f'{path}/latest', 404)
    spoken = call('POST', f'chatbots/{world.bot}/completions/', 200, json={'message': {'content': '你好', 'sender': world.contact}})
    assert [one['id'] for one in call('GET', path)['results']] == [spoken['conversationId']]
    assert call('GET', path, params={'keyword': '你好'})['count'] == 1
    assert call('GET', path, params={'keyword': 'never said'})['count'] == 0
    assert call('GET', f'{path}/latest')['id'] == spoken['conversationId']


def broadcast_message(world):
    silent = call('POST', 'contacts/', json={'name': 'Silent', 'inboxes': [{'id': world.inbox}]})['id']
    told = call('POST', 'contacts/broadcast-message', 200, json={'message': '您好，這是一則群發訊息！', 'contact_ids': [world.contact, silent]})
    assert (told['total_contacts'], told['success_count'], told['error_count']) == (2, 1, 1)
    assert told['results'][0]['contact_id'] == world.contact and told['results'][0]['message_id']
    assert told['errors'] == [{'contact_id': silent, 'error': 'No conversation found for this contact.'}]
    for narrowed in ({'exclude_contact_ids': [silent]}, {}):
        told = call('POST', 'contacts/broadcast-message', 200, json={'message': 'Closed today.', 'inbox_id': world.inbox, **narrowed})
        assert told['success_count'] == 1
    call('DELETE', f'contacts/{silent}/')


def delete_contact(world):
    call('DELETE', f'contacts/{world.contact}/')
    assert answered('GET', f'contacts/{world.contact}/').status_code == 404
