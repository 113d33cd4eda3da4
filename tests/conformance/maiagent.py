"""What the vendor's example programs do with MaiAgent, restated one by one (docs/compat/maiagent-examples.md), and a bot that answers
people of another network, as those for LINE do, by webhook. The one argument is the base, as https://…/api/v1 or https://…/api.
"""

from types import SimpleNamespace

import maiagent_chat as chat
import maiagent_knowledge as knowledge
import maiagent_people as people
import requests
from maiagent_client import answered, base, call

# The files of the vendor's examples/python, in an order in which each finds what it needs.
examples = {
    'assistants/create_assistant.py': chat.create_assistant,
    'assistants/update_assistant.py': chat.update_assistant,
    'messages/chatbot_completion.py': chat.chatbot_completion,
    'messages/upload_attachment.py': chat.upload_attachment,
    'knowledges/create_knowledge_base.py': knowledge.create_knowledge_base,
    'knowledges/list_knowledge_bases.py': knowledge.list_knowledge_bases,
    'knowledges/upload_knowledge_file.py': knowledge.upload_knowledge_file,
    'knowledges/search_knowledge_base.py': knowledge.search_knowledge_base,
    'knowledges/manage_knowledge_base_labels.py': knowledge.manage_knowledge_base_labels,
    'knowledges/manage_knowledge_base_files.py': knowledge.manage_knowledge_base_files,
    'knowledges/delete_knowledge_file.py': knowledge.delete_knowledge_file,
    'knowledges/manage_knowledge_base_faq.py': knowledge.manage_knowledge_base_faq,
    'knowledges/comprehensive_knowledge_base_example.py': knowledge.comprehensive_knowledge_base_example,
    'knowledges/batch_upload/batch_upload_advanced.py': knowledge.batch_upload_advanced,
    'knowledges/batch_upload/scan_file_status.py': knowledge.scan_file_status,
    'knowledges/batch_upload/delete_duplicate_files.py': knowledge.delete_duplicate_files,
    'knowledges/batch_upload/fix_failed_files.py': knowledge.fix_failed_files,
    'knowledges/batch_upload/upload_missing_files.py': knowledge.upload_missing_files,
    'faqs/add_faq.py': knowledge.add_faq,
    'messages/webhook_server.py': chat.webhook_server,
    'messages/send_message.py': chat.send_message,
    'messages/send_image_message.py': chat.send_image_message,
    'others/get_inboxes.py': people.get_inboxes,
    'contacts/create_contact.py': people.create_contact,
    'contacts/list_contacts.py': people.list_contacts,
    'contacts/update_contact.py': people.update_contact,
    'contacts/get_contact_conversations.py': people.get_contact_conversations,
    'contacts/broadcast_message.py': people.broadcast_message,
    'contacts/delete_contact.py': people.delete_contact,
}
others = [chat.line_bot, knowledge.documents, knowledge.test_parsers]

world = SimpleNamespace()
for file, restated in examples.items():
    restated(world)
    print(f'{file}: works')
for restated in others:
    restated(world)
    print(f'{restated.__name__}: works')

call('DELETE', f'{world.base}/')
call('DELETE', f'chatbots/{world.bot}/')
assert answered('GET', f'chatbots/{world.bot}/').status_code == 404
assert requests.get(f'{base}/schema/', timeout=60).json()['openapi'].startswith('3.')
print(f'MaiAgent at {base}: {len(examples)} of the vendor’s programs, all of them work')
