"""What is in the mails whose files standard input names, one a line: a JSON object for each, in that
order. Parsed by Python's own email package, which shares nothing with the program that made them."""
import email
import email.policy
import json
import sys


def read(path):
    with open(path, 'rb') as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    defects = [str(defect) for part in message.walk() for defect in part.defects]
    defects += [f'{name}: {defect}' for name, value in message.items() for defect in value.defects]
    return {
        'headers': [[name, str(value)] for name, value in message.items()],
        'from': [[a.display_name, a.addr_spec] for a in message['from'].addresses],
        'to': [a.addr_spec for a in message['to'].addresses],
        'cc': [str(message[name]) for name in ('cc', 'bcc') if message[name]],
        'subject': str(message['subject']),
        'text': None if message.is_multipart() else message.get_content(),
        'type': message.get_content_type(),
        'charset': message.get_content_charset(),
        'defects': defects,
    }


for line in sys.stdin:
    print(json.dumps(read(line.rstrip('\n'))))
