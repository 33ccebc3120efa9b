-- What people are told, version 1. The words are the operator's to change, and every change makes a version.
--
-- A template speaks of the values of its event, of `customer_name` (the reader's name, where the event brings none)
-- and of `currency`. An approved WhatsApp template has a fixed number of parameters and takes none that is empty, so
-- each of them has a value in every case. OUI and NON are what the server reads an answer for, in every language.

INSERT INTO notification_templates (type, channel, language, version, category, content, options, updated_by)
SELECT type, channel, language, 1, category, content, options::jsonb, 'carillon'
  FROM (VALUES
-- Deliveries, to the customer's WhatsApp

('delivery_reminder', 'whatsapp', 'en', 'reminder',
$t${% if area %}Hi {{ customer_name }}! Your EarlyBird delivery is scheduled for {{ delivery_date | date("%b %-d") }}, {{ time_window | default("6-8 AM") }} in {{ area }}
{%- else %}Your EarlyBird delivery scheduled for {{ delivery_date | date("%B %-d") }}

Hi {{ customer_name }}! 👋 Expect us at *{{ time_window | default("6-8 AM") }}*.
{%- endif %}

🥛 Reply to pause or change, or track it here: {{ link | default("https://earlybird.in/track") }}$t$,
$o${"template": {"name": "carillon_delivery_reminder", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ delivery_date | date('%b %-d') }}"},
    {"text": "{{ time_window | default('6-8 AM') }}"},
    {"text": "{{ area | default('your area') }}"}]}}$o$),
('delivery_confirmed', 'whatsapp', 'en', 'confirmation',
$t$✓ Delivery confirmed!

Hi {{ customer_name }}, your EarlyBird delivery{% if order_id %} *#{{ order_id }}*{% endif %} was delivered{% if delivery_date %} on {{ delivery_date | date("%b %-d") }}{% endif %}. 🥛

Is something missing? Reply to this message and we will put it right.$t$,
$o${"template": {"name": "carillon_delivery_confirmed", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ delivery_date | date('%b %-d') | default('today') }}"}]}}$o$),
('delivery_delayed', 'whatsapp', 'en', 'alert',
$t$⏰ Delivery slightly delayed, {% if eta %}ETA {{ eta | date("%-I:%M %p") }}{% else %}about {{ delay_minutes }} minutes later than planned{% endif %}

Sorry, {{ customer_name }}! Your EarlyBird delivery{% if order_id %} *#{{ order_id }}*{% endif %} is on its way{% if reason %}: {{ reason }}{% endif %}.

🚚 Track it here: {{ link | default("https://earlybird.in/track") }}$t$,
$o${"template": {"name": "carillon_delivery_delayed", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{% if eta %}{{ eta | date('%-I:%M %p') }}{% else %}about {{ delay_minutes }} minutes later{% endif %}"}]}}$o$),

-- Orders and subscriptions

('order_confirmation', 'whatsapp', 'en', 'confirmation',
$t$✓ Order #{{ order_id }} confirmed, Delivery {{ delivery_date | date("%b %-d") }}

Thank you, {{ customer_name }}! 🛒
{% if items %}{% for item in items %}• {{ item.quantity | default(1) }} × {{ item.name or item.product_name or item.product_id or "item" }}
{% endfor %}{% endif %}*Total: {{ total_amount | default(amount) | currency }}*

👉 See your order: {{ link | default("https://earlybird.in") }}$t$,
$o${"template": {"name": "carillon_order_confirmation", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ order_id }}"},
    {"text": "{{ total_amount | default(amount) | currency }}"},
    {"text": "{{ delivery_date | date('%b %-d') }}"}]}}$o$),
('subscription_confirmation', 'whatsapp', 'en', 'confirmation',
$t$✓ Your {{ product.name or product_name or product }} subscription is active!

Hi {{ customer_name }}, {% if start_date %}your first delivery comes on *{{ start_date | date("%b %-d") }}*{% else %}we look forward to your first delivery{% endif %}. 🥛

👉 Change or pause it at any time: {{ link | default("https://earlybird.in") }}$t$,
$o${"template": {"name": "carillon_subscription_confirmation", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ product.name or product_name or product }}"},
    {"text": "{{ start_date | date('%b %-d') | default('the next delivery day') }}"}]}}$o$),
('pause_confirmation', 'whatsapp', 'en', 'confirmation',
$t${% if status == "active" %}▶️ Subscription resumed

Welcome back, {{ customer_name }}! {% if start_date %}Your next delivery comes on *{{ start_date | date("%b %-d") }}*{% else %}Your deliveries go on as before{% endif %}. 🥛
{%- else %}⏸️ Subscription paused{% if resume_date %} until {{ resume_date | date("%b %-d") }}{% endif %}

Hi {{ customer_name }}, {% if resume_date %}deliveries start again on *{{ resume_date | date("%b %-d") }}*{% else %}nothing is delivered until you resume{% endif %}.
{%- endif %}

👉 Change it at any time: {{ link | default("https://earlybird.in") }}$t$,
$o${"template": {"name": "carillon_{% if status == 'active' %}resume{% else %}pause{% endif %}_confirmation", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{% if status == 'active' %}{{ start_date | date('%b %-d') | default('the next delivery day') }}{% else %}{{ resume_date | date('%b %-d') | default('you resume it') }}{% endif %}"}]}}$o$),

-- Bills

('payment_reminder', 'whatsapp', 'en', 'reminder',
$t$Payment due: {{ amount | currency }} for {{ period }}

Hi {{ customer_name }}, your EarlyBird bill is ready. 🧾{% if due_date %}
Please pay by *{{ due_date | date("%b %-d") }}*.{% endif %}

👉 Pay here: {{ link | default("https://earlybird.in") }}$t$,
$o${"template": {"name": "carillon_payment_reminder", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ amount | currency }}"},
    {"text": "{{ period }}"}]}}$o$),
('payment_confirmation', 'whatsapp', 'en', 'confirmation',
$t$✓ Payment received! {{ amount | currency }} credited

Thank you, {{ customer_name }}! 💚{% if balance %}
Your balance is *{{ balance | currency }}*.{% endif %}

👉 See your bills: {{ link | default("https://earlybird.in") }}$t$,
$o${"template": {"name": "carillon_payment_confirmation", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ amount | currency }}"}]}}$o$),

-- Campaigns

('churn_risk', 'whatsapp', 'en', 'marketing',
$t$❤️ We miss you! Resume for {{ discount_percent | default(25) }}% off

Hi {{ customer_name }}, your fresh morning delivery is only a tap away. 🥛

👉 Resume here: {{ link | default("https://earlybird.in") }}

_Reply STOP to get no more of these messages._$t$,
$o${"template": {"name": "carillon_churn_risk", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ discount_percent | default(25) }}"}]}}$o$),
('new_product', 'whatsapp', 'en', 'marketing',
$t$🆕 New product available in your area!

Hi {{ customer_name }}, now at EarlyBird: *{{ product.name or product_name or name or product }}*{% if price %} for {{ price | currency }}{% endif %}{% if description %}
{{ description }}{% endif %}

👉 Try it: {{ link | default("https://earlybird.in") }}

_Reply STOP to get no more of these messages._$t$,
$o${"template": {"name": "carillon_new_product", "language": "en", "parameters": [
    {"text": "{{ customer_name }}"},
    {"text": "{{ product.name or product_name or name or product }}"}]}}$o$),

-- Leads and conversations, to the phones of salespeople and managers

('new_lead', 'push', 'en', 'lead',
$t${{ lead.name or name or "Someone" }}{% if lead.message or message %}: {{ (lead.message or message) | truncate(160) }}{% else %} is waiting for your call{% endif %}$t$,
$o${"title": "🔔 New lead",
 "data": {"lead_id": "{{ lead.id or lead_id or id }}"},
 "ttl_seconds": 86400, "priority": "high"}$o$),
('lead_distributed', 'push', 'en', 'lead',
$t${{ notification.message or "A new lead matches what you are looking for" }}$t$,
$o${"title": "{{ notification.title or '🏠 New lead' }}",
 "data": {"lead_id": "{{ lead.id or lead_id }}", "user_lead_id": "{{ lead.user_lead_id | default('') }}", "score": "{{ score.score | default('') }}", "tier": "{{ score.tier | default('') }}"},
 "ttl_seconds": 86400, "priority": "high"}$o$),
('new_message', 'push', 'en', 'conversation',
$t${{ text | truncate(160) }}$t$,
$o${"title": "💬 {{ lead.name or lead_name or 'New message' }}",
 "data": {"lead_id": "{{ lead.id or lead_id }}"},
 "collapse_key": "conversation-{{ lead.id or lead_id }}",
 "ttl_seconds": 86400, "priority": "high"}$o$),
('conversation_reply', 'web_chat', 'en', 'conversation',
$t${{ text }}$t$,
$o${}$o$),
('conversation_reply', 'web_chat', 'fr', 'conversation',
$t${{ text }}$t$,
$o${}$o$),
('conversation_reply', 'whatsapp', 'en', 'conversation',
$t${{ text }}$t$,
$o${}$o$),
('direct_message', 'push', 'en', 'conversation',
$t${{ text | truncate(500) }}$t$,
$o${"title": "{{ title | default('New message') }}",
 "data": {},
 "ttl_seconds": 86400, "priority": "normal"}$o$),
('direct_message', 'whatsapp', 'en', 'conversation',
$t${{ text }}$t$,
$o${}$o$),
('direct_message', 'web_chat', 'en', 'conversation',
$t${{ text }}$t$,
$o${}$o$),

-- Requests for a service: the customer

('request_confirmation', 'web_chat', 'fr', 'request',
$t$✅ **Demande confirmée !**

Votre demande de **{{ service_type }}** a été reçue et traitée.

📍 **Lieu**: {{ location }}
{% if description %}📝 **Description**: {{ description }}
{% endif %}⏰ **Urgence**: {{ urgency | default("Normal") | title }}

🔍 Je recherche maintenant un prestataire disponible dans votre zone.
📱 Vous recevrez une notification dès qu'un prestataire accepte votre demande.

💬 N'hésitez pas à me poser des questions si besoin !$t$,
$o${}$o$),
('request_confirmation', 'web_chat', 'en', 'request',
$t$✅ **Request confirmed!**

Your request for **{{ service_type }}** has been received and processed.

📍 **Location**: {{ location }}
{% if description %}📝 **Description**: {{ description }}
{% endif %}⏰ **Urgency**: {{ urgency | default("Normal") | title }}

🔍 I am now looking for a provider available in your area.
📱 You will receive a notification as soon as a provider accepts your request.

💬 Feel free to ask me questions if you need to!$t$,
$o${}$o$),
('provider_found', 'web_chat', 'fr', 'request',
$t$🎉 **Prestataire trouvé !**

Un prestataire a accepté votre demande de **{{ service_type }}**.

👨🔧 **Prestataire**: {{ provider.name or provider_name }}
{% if provider.phone or provider_phone %}📞 **Contact**: {{ provider.phone or provider_phone }}
{% endif %}{% if provider.rating or provider_rating %}⭐ **Note**: {{ provider.rating or provider_rating }}/5
{% endif %}
Le prestataire va vous contacter sous peu pour confirmer les détails.

📱 Vous pouvez me demander des informations sur votre demande à tout moment !$t$,
$o${}$o$),
('provider_found', 'web_chat', 'en', 'request',
$t$🎉 **Provider found!**

A provider has accepted your request for **{{ service_type }}**.

👨🔧 **Provider**: {{ provider.name or provider_name }}
{% if provider.phone or provider_phone %}📞 **Contact**: {{ provider.phone or provider_phone }}
{% endif %}{% if provider.rating or provider_rating %}⭐ **Rating**: {{ provider.rating or provider_rating }}/5
{% endif %}
The provider will contact you shortly to confirm the details.

📱 You can ask me for information about your request at any time!$t$,
$o${}$o$),
('request_status', 'web_chat', 'fr', 'request',
$t$🔔 **Mise à jour de votre demande**

Votre demande de **{{ service_type }}** :
{% if status == "accepted" or status == "assigned" %}Un prestataire s'en occupe. 👍
{%- elif status == "in_progress" %}Le prestataire est au travail. 🔧
{%- elif status == "completed" %}Le service est terminé. Merci de votre confiance ! ✅
{%- elif status == "cancelled" %}La demande a été annulée. ❌
{%- elif status == "unassigned" or status == "expired" %}Aucun prestataire n'est disponible pour le moment. 😔
{%- else %}Nouveau statut : **{{ status }}**
{%- endif %}

📱 Vous pouvez me demander des informations sur votre demande à tout moment !$t$,
$o${}$o$),
('request_status', 'web_chat', 'en', 'request',
$t$🔔 **Update on your request**

Your request for **{{ service_type }}**:
{% if status == "accepted" or status == "assigned" %}A provider is taking care of it. 👍
{%- elif status == "in_progress" %}The provider is at work. 🔧
{%- elif status == "completed" %}The service is completed. Thank you for your trust! ✅
{%- elif status == "cancelled" %}The request has been cancelled. ❌
{%- elif status == "unassigned" or status == "expired" %}No provider is available at the moment. 😔
{%- else %}New status: **{{ status }}**
{%- endif %}

📱 You can ask me for information about your request at any time!$t$,
$o${}$o$),
('request_status', 'whatsapp', 'en', 'request',
$t$🔔 *Update on your request*

Your request for *{{ service_type }}*:
{% if status == "accepted" or status == "assigned" %}A provider is taking care of it. 👍
{%- elif status == "in_progress" %}The provider is at work. 🔧
{%- elif status == "completed" %}The service is completed. Thank you for your trust! ✅
{%- elif status == "cancelled" %}The request has been cancelled. ❌
{%- elif status == "unassigned" or status == "expired" %}No provider is available at the moment. 😔
{%- else %}New status: *{{ status }}*
{%- endif %}

📱 You can reply here at any time!$t$,
$o${"template": {"name": "carillon_request_status", "language": "en", "parameters": [
    {"text": "{{ service_type }}"},
    {"text": "{% if status == 'in_progress' %}in progress{% elif status == 'unassigned' %}no provider available yet{% else %}{{ status }}{% endif %}"}]}}$o$),

-- Requests for a service: the providers

('provider_request', 'web_chat', 'fr', 'request',
$t$🚨 **Nouvelle demande de service**

Une nouvelle demande correspond à votre expertise :

🔧 **Service**: {{ service_type }}
📍 **Lieu**: {{ location }}
{% if description %}📝 **Description**: {{ description }}
{% endif %}⏰ **Urgence**: {{ urgency | default("Normal") | title }}
{% if price_min and price_max %}
💰 **Estimation**: {{ price_min | currency_range(price_max) }}
{% endif %}
Souhaitez-vous accepter cette demande ?
- Tapez "OUI" pour accepter
- Tapez "NON" pour refuser$t$,
$o${}$o$),
('provider_request', 'web_chat', 'en', 'request',
$t$🚨 **New service request**

A new request matches your expertise:

🔧 **Service**: {{ service_type }}
📍 **Location**: {{ location }}
{% if description %}📝 **Description**: {{ description }}
{% endif %}⏰ **Urgency**: {{ urgency | default("Normal") | title }}
{% if price_min and price_max %}
💰 **Estimate**: {{ price_min | currency_range(price_max) }}
{% endif %}
Would you like to accept this request?
- Type "OUI" to accept
- Type "NON" to decline$t$,
$o${}$o$),
('provider_request', 'whatsapp', 'en', 'request',
$t$🚨 *New service request*

A new request matches your expertise:

🔧 *Service*: {{ service_type }}
📍 *Location*: {{ location }}
{% if description %}📝 *Description*: {{ description }}
{% endif %}⏰ *Urgency*: {{ urgency | default("Normal") | title }}
{% if price_min and price_max %}
💰 *Estimate*: {{ price_min | currency_range(price_max) }}
{% endif %}
Would you like to accept this request?
- Reply "OUI" to accept
- Reply "NON" to decline$t$,
$o${"template": {"name": "carillon_provider_request", "language": "en", "parameters": [
    {"text": "{{ service_type }}"},
    {"text": "{{ location }}"},
    {"text": "{{ urgency | default('Normal') | title }}"},
    {"text": "{% if price_min and price_max %}{{ price_min | currency_range(price_max) }}{% else %}to be agreed{% endif %}"}]}}$o$),

-- Of the server itself

('test_notification', 'web_chat', 'fr', 'system',
$t$🔔 **Notification de test**

Si vous lisez ce message, vos notifications fonctionnent. ✅$t$,
$o${}$o$),
('test_notification', 'web_chat', 'en', 'system',
$t$🔔 **Test notification**

If you can read this message, your notifications work. ✅$t$,
$o${}$o$),
('digest', 'web_chat', 'fr', 'digest',
$t$🔔 **{{ count }} {% if type == "new_message" or type == "conversation_reply" %}nouveaux messages{% elif type == "new_lead" or type == "lead_distributed" %}nouvelles pistes{% else %}nouvelles notifications{% endif %}**
{% for item in items %}
- {{ item | truncate(160) }}
{%- endfor %}$t$,
$o${}$o$),
('digest', 'web_chat', 'en', 'digest',
$t$🔔 **{{ count }} new {% if type == "new_message" or type == "conversation_reply" %}messages{% elif type == "new_lead" or type == "lead_distributed" %}leads{% else %}notifications{% endif %}**
{% for item in items %}
- {{ item | truncate(160) }}
{%- endfor %}$t$,
$o${}$o$),
('digest', 'whatsapp', 'en', 'digest',
$t$🔔 *{{ count }} new {% if type == "new_message" or type == "conversation_reply" %}messages{% elif type == "new_lead" or type == "lead_distributed" %}leads{% else %}notifications{% endif %}*
{% for item in items %}
- {{ item | truncate(160) }}
{%- endfor %}$t$,
$o${"template": {"name": "carillon_digest", "language": "en", "parameters": [
    {"text": "{{ count }}"}]}}$o$),
('digest', 'push', 'en', 'digest',
$t${{ items | join(" · ") | truncate(200) }}$t$,
$o${"title": "{{ count }} new {% if type == 'new_message' %}messages{% elif type == 'new_lead' or type == 'lead_distributed' %}leads{% else %}notifications{% endif %}",
 "data": {"count": "{{ count }}"},
 "collapse_key": "digest-{{ type }}",
 "ttl_seconds": 86400, "priority": "normal"}$o$)
) AS shipped (type, channel, language, category, content, options);

INSERT INTO notification_template_versions (type, channel, language, version, content, options, created_by)
SELECT type, channel, language, version, content, options, updated_by
  FROM notification_templates;
