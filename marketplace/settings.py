"""Every setting, from the environment; without any, the servers that `make run` started."""

from __future__ import annotations

import os
from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from environs import Env

from marketplace.local.secret import django_key
from marketplace.local.state import addresses

# The engine's matrices are small: several threads for each would only wait for one another and for the other
# processes of the machine. NumPy reads this when it is first imported, which settings never do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

VAR_DIR = Path(env.str("ASSAY_VAR", str(BASE_DIR / "var")))
DEMO = env.bool("ASSAY_DEMO", False)
DEBUG = env.bool("ASSAY_DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or django_key(VAR_DIR)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
HTTPS = env.bool("ASSAY_HTTPS", False)

# --- money and quality -----------------------------------------------------------------------
FEE_PPM = env.int("ASSAY_FEE_PPM", 200_000)
WAGE_FLOOR_HOURLY_MICROS = env.int("ASSAY_WAGE_FLOOR_HOURLY_MICROS", 7_250_000)
DISPUTE_LEASE_SECONDS = env.int("ASSAY_DISPUTE_LEASE_SECONDS", 600)
DISPUTE_DUE_SECONDS = env.int("ASSAY_DISPUTE_DUE_SECONDS", 24 * 3600)

# --- what is kept for a while ----------------------------------------------------------------
EVENTS_KEPT_DAYS = env.int("ASSAY_EVENTS_KEPT_DAYS", 30)
REPLIES_KEPT_DAYS = env.int("ASSAY_REPLIES_KEPT_DAYS", 1)

# --- servers ---------------------------------------------------------------------------------
_embedded = addresses(VAR_DIR)
_database_url = env.str("DATABASE_URL", "") or (_embedded.database_url if _embedded else "")
REDIS_URL = env.str("REDIS_URL", "") or (_embedded.redis_url if _embedded else "redis://127.0.0.1:1/0")
WEB_THREADS = env.int("ASSAY_WEB_THREADS", 8)  # requests a web process works on at once
WEB_WAITING = env.int("ASSAY_WEB_WAITING", 64)  # requests in line beyond them
_pool_max = env.int("ASSAY_POOL_MAX", WEB_THREADS + 1)  # connections a process; 0: no pool
_given = env.dj_db_url("_UNSET_", _database_url or "postgresql://not-started@127.0.0.1:1/assay")
# PgBouncer takes no options with a connection: behind it they belong to the role (docs/scaling.md)
PGBOUNCER = env.bool("ASSAY_PGBOUNCER", False)
_statement_timeout = env.int("ASSAY_STATEMENT_TIMEOUT_MS", 15_000)
_session = (
    f"-c statement_timeout={_statement_timeout} -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=30000"
)
# who waits longer for a connection is told to come again; having lost all, a pool tries anew when it is asked
_pool = {"min_size": 1, "max_size": _pool_max, "timeout": 3, "reconnect_timeout": 2}
DATABASES = {
    "default": _given
    | {
        "ENGINE": "marketplace.database",
        "CONN_MAX_AGE": 0,  # back to the pool after each request
        "CONN_HEALTH_CHECKS": False,  # the engine looks after that
        "STATEMENT_SECONDS": _statement_timeout / 1000 or None,
        "DISABLE_SERVER_SIDE_CURSORS": PGBOUNCER,
        "OPTIONS": {
            "pool": _pool if _pool_max else False,
            "prepare_threshold": None,  # a prepared statement would stay behind in another's connection
            "connect_timeout": 5,
            # a server gone without a word is noticed in 30 s, with something under way in 10
            "keepalives_idle": 15,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        }
        | ({} if PGBOUNCER else {"options": _session})
        | _given.get("OPTIONS", {}),
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "ws"},
    }
}

# --- background jobs -------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    # a line that is half-open costs so much each time it is tried, and several are open
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": "q:",
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
CELERY_TIMEZONE = "UTC"
# Celery would close a process's pool before and after each job; see marketplace.core.background.give_back
CELERY_DB_REUSE_MAX = 1_000_000_000
# Each job looks in the database for what is due; expiry keeps a backlog from piling up. Short ones that come
# as often go as one message: to hand a job over takes longer than most of these.
_SWEEP = "marketplace.core.background.sweep"
CELERY_BEAT_SCHEDULE = {
    name: {"task": job, "schedule": seconds, "args": args, "options": {"expires": seconds * 4}}
    for name, seconds, job, args in [
        (
            "often",
            2.0,
            _SWEEP,
            [
                [
                    "tasks.assignment.background.count_leases",
                    "tasks.offers.background.sweep_offers",
                ]
            ],
        ),
        (
            "seldom",
            5.0,
            _SWEEP,
            [
                [
                    "marketplace.core.background.heartbeat",
                    "marketplace.core.background.relay_events",
                    "tasks.flow.background.look_for_refits",
                    "tasks.flow.background.look_for_pay",
                    "tasks.flow.background.look_for_closing",
                ]
            ],
        ),
        ("leases", 10.0, "tasks.assignment.background.sweep_leases", []),
        ("dispute-leases", 10.0, "tasks.disputes.background.sweep_leases", []),
        ("imports", 10.0, "marketplace.datasets.background.sweep_imports", []),
        ("forget", 60.0, "marketplace.core.background.forget_old", []),
    ]
}

# --- the application -------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "channels",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "marketplace",
    "workers",
    "tasks",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "marketplace.accounts.middleware.ByKey",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketplace.accounts.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "marketplace.accounts.middleware.Languages",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "marketplace.accounts.middleware.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "marketplace.accounts.middleware.DomainErrorPages",
]
ROOT_URLCONF = "marketplace.urls"
ASGI_APPLICATION = "marketplace.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workers.teams.context.me",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "marketplace.User"
SESSION_ENGINE = "marketplace.accounts.sessions"
CALLER_PROFILES = ["workers.Worker", "workers.Expert"]  # read with every caller, in the same statement
AUTHENTICATION_BACKENDS = [
    "marketplace.accounts.backends.People",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "allauth.account.adapter.DefaultAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = env.str("ASSAY_EMAIL_VERIFICATION", "optional")
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_SESSION_REMEMBER = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_TOTP_ISSUER = "Assay"
# mail goes to the console until EMAIL_HOST names a server
EMAIL_HOST = env.str("EMAIL_HOST", "")
EMAIL_PORT = env.int("EMAIL_PORT", 587)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_USER", ""), env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
DEFAULT_FROM_EMAIL = env.str("ASSAY_FROM_EMAIL", "assay@localhost")

# --- doors -----------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", "https:"],  # rows may name pictures on the client's own server
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- the HTTP API ----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketplace.accounts.permissions.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["marketplace.accounts.permissions.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "rest_framework.parsers.JSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "marketplace.core.api.handle_api_exception",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a parameter of ours
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "A crowd workforce marketplace that proves the quality of what it sells.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- files, language, time -------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("ASSAY_STATIC_ROOT", "") or None  # without it files are served as they lie
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 60
MEDIA_ROOT = VAR_DIR / "media"
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    # a refusal (4xx) is an answer, not a fault of ours
    "loggers": {"django.request": {"level": "ERROR"}},
    "root": {"handlers": ["console"], "level": env.str("ASSAY_LOG_LEVEL", "INFO")},
}
