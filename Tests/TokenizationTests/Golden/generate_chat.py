"""Makes chat.json: what jinja2 3.1.6, set up as transformers does, makes of templates and messages.

Usage: python3 generate_chat.py [DATA]    DATA: the folder of foreign tokenizers (default: ../shared/data)
"""

import json
import pathlib
import sys

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = pathlib.Path(__file__).resolve().parent
DATA = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[3] / "shared" / "data"
FOREIGN = ["tinytalk-3m/tokenizer_config.json", "tokenizer-qwen2/tokenizer_config.json"]

CONVERSATIONS = [
    [],
    [("user", "Hello")],
    [("system", "  Be brief.\n"), ("user", " What is 2 + 2? "), ("assistant", "4"), ("user", "é \"quoted\" 🙂\n\ttabs")],
    [("user", "a"), ("assistant", "b</think>\n\nc "), ("user", ""), ("assistant", "<think>x</think>y")],
    [("assistant", "first"), ("tool", "{\"k\": 1}"), ("User", "odd role")],
]

TEMPLATES = [
    # Forms that widely used templates have.
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    "{{- bos_token }}\n{%- if messages[0]['role'] == 'system' %}\n    {%- set system = messages[0]['content']|trim %}\n"
    "    {%- set rest = messages[1:] %}\n{%- else %}\n    {%- set system = '' %}\n    {%- set rest = messages %}\n{%- endif %}\n"
    "{%- for m in rest %}\n    {{- '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim + '<|eot_id|>' }}\n"
    "{%- endfor %}\n{{- system }}",
    "{% if messages[0].role == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0].content %}"
    "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}"
    "{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}"
    "{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim + '<end_of_turn>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}",
    "{%- set ns = namespace(multi_step=true, last=messages|length - 1) %}\n{%- for message in messages[::-1] %}\n"
    "    {%- set index = (messages|length - 1) - loop.index0 %}\n"
    "    {%- if ns.multi_step and message.role == \"user\" and not(message.content.startswith('<tool>') and "
    "message.content.endswith('</tool>')) %}\n        {%- set ns.multi_step = false %}\n        {%- set ns.last = index %}\n"
    "    {%- endif %}\n{%- endfor %}\n{%- for message in messages %}\n    {%- set reasoning = '' %}\n    {%- set content = message.content %}\n"
    "    {%- if '</think>' in content %}\n"
    "        {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}\n"
    "        {%- set content = content.split('</think>')[-1].lstrip('\\n') %}\n    {%- endif %}\n"
    "    {{- '[' ~ loop.index ~ '|' ~ message.role ~ '|' ~ reasoning ~ '|' ~ content ~ ']' }}\n{%- endfor %}\n{{- ns.last }}",
    "{% for m in messages %}\n{% if m.role == 'user' %}\n<|user|>\n{{ m.content }}{{ eos_token }}\n{% else %}\n    {# a note #}\n"
    "  <|other|> {{ m.role|upper }}\n{% endif %}\n{% endfor %}\nend\n",
    # Single features.
    "{{ messages | tojson }}", "{% for m in messages %}{{ m | tojson }}{{ ', ' if not loop.last }}{% endfor %}",
    "{{ messages|length }} {{ messages | count + 1 }} {{ -3 // 2 }} {{ 7 % 4 }} {{ 7 / 2 }} {{ 2 * 3 - 1 }} {{ 1.5 }}",
    "{{ messages | map(attribute='role') | join(', ') }}", "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
    "{{ messages | rejectattr('role', 'in', ['user', 'system']) | map(attribute='content') | map('trim') | join('|') }}",
    "{% if tools is defined and tools is not none %}tools{% elif tools is none %}none{% endif %}{{ nothing is undefined }}",
    "{{ nothing }}|{{ nothing | default('d') }}|{{ '' | default('e', true) }}|{{ '' | default('f') }}",
    "{{ 'abc'[1] }}{{ 'abc'[-1] }}{{ 'abcdef'[1:4] }}{{ 'abcdef'[:-2] }}{{ 'abcdef'[::2] }}{{ 'abc'[::-1] }}{{ 'é🙂x'[1:] }}",
    "{{ [1, 2, 3][1:] | join('-') }}{{ (1, 2)[0] }}{{ [] | length }}{{ {'a': 1, 'b': [true, none]} | tojson }}",
    "{{ {'a': 'x'}.a }}{{ {'a': 'x'}['a'] }}{{ {'a': 'x'}.get('b', 'y') }}{% for k, v in {'p': 1, 'q': 2}.items() %}{{ k }}{{ v }}{% endfor %}",
    "{{ 'Hello World'.lower() }}{{ 'hello'.upper() }}{{ 'hELLO wORLD' | capitalize }}{{ '  x '.strip() }}|{{ 'xxaxx'.strip('x') }}",
    "{{ 'a,b,c'.split(',') | join(' ') }}{{ ' a  b '.split() | join('.') }}{{ 'a,b,c'.split(',', 1)[1] }}{{ 'aXbX'.replace('X', '-') }}",
    "{{ 'x' in 'xyz' }}{{ 'q' not in ['p'] }}{{ 1 < 2 <= 2 }}{{ 1 == 1.0 }}{{ true and 'yes' or 'no' }}{{ not false }}",
    "{% for i in range(3) %}{{ i }}{% if i == 1 %}{% break %}{% endif %}{% else %}none{% endfor %}",
    "{% for i in range(5) if i is odd %}{{ loop.index }}:{{ i }}/{{ loop.length }} {{ loop.first }}{{ loop.last }}{{ loop.revindex }};{% endfor %}",
    "{% for m in messages %}{% if m.role == 'user' %}{% continue %}{% endif %}{{ m.role }} {{ loop.previtem is defined }}{% endfor %}",
    "{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}",
    "{% set ns = namespace(n=0) %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
    "{% set block %}a {{ 1 + 1 }}\n{% endset %}[{{ block | trim }}]", "{% raw %}{{ not this }} {% nor this %}{% endraw %}!",
    "  {% if true %}\n  a\n  {% endif %}\n  b {% if true %} c {% endif %}\n{%+ if true %} d{% endif +%}\ne",
    "a {#- comment -#}  b {{- 'c' -}}  d\n\n{%- if true -%}\n\n e {%- endif %}", "\r\nx\r\n{% if true %}\r\ny{% endif %}\r\n",
    "{{ 'it\\'s \\\\ \\n \\t \\u00e9' }}{{ \"d\" 'e' }}", "{{ ('a' if messages else 'b') ~ ('c' if false) }}|{{ 1 if false }}|",
    "{% generation %}{{ 'g' }}{% endgeneration %}", "{{ 5 is number }}{{ 'a' is string }}{{ {} is mapping }}{{ [] is iterable }}{{ 2 is even }}",
    "{{ messages[0]['missing'] is defined }}{{ messages[9] is defined }}", "{{ '12' | int + 1 }}{{ 'abc' | first }}{{ [1, 2] | last }}",
    "{% if messages %}{{ messages[-1].content }}{% endif %}{{ none }}{{ true }}", "{{ 'x' * 2 if false else 'y' }}{{ 'abc' | reverse }}",
    "{{ raise_exception('no') }}", "{{ nothing.member }}", "{{ 1 + 'a' }}", "{% if %}", "{% for %}{% endfor %}", "{{ 'open", "{% if true %}",
]


def render(template, conversation, prompt):
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = lambda x, indent=None: json.dumps(x, ensure_ascii=False, indent=indent)

    def refuse(message):
        raise jinja2.exceptions.TemplateError(message)

    environment.globals["raise_exception"] = refuse
    # The tag that transformers adds changes nothing in the text.
    template = template.replace("{% generation %}", "").replace("{% endgeneration %}", "")
    try:
        return environment.from_string(template).render(
            messages=[{"role": role, "content": content} for role, content in conversation], tools=None, documents=None,
            add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>")
    except (jinja2.exceptions.TemplateError, TypeError):
        return None


def cases(template):
    return [[index, prompt, render(template, conversation, prompt)]
            for index, conversation in enumerate(CONVERSATIONS) for prompt in (False, True)
            if prompt or "generation_prompt" in template]


def main():
    templates = [{"template": template, "cases": cases(template)} for template in TEMPLATES]
    for path in FOREIGN:
        template = json.loads((DATA / path).read_text())["chat_template"]
        templates.append({"path": path, "cases": cases(template)})
    conversations = [[{"role": role, "content": content} for role, content in turns] for turns in CONVERSATIONS]
    text = json.dumps({"conversations": conversations, "templates": templates}, ensure_ascii=False, indent=0)
    (HERE / "chat.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
