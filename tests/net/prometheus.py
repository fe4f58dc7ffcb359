# SPDX-License-Identifier: MIT
"""A real Prometheus with the alerts that come with vipd, in a world where all goes faster."""

import http.client
import json
import re
from urllib.parse import quote

from agents import ROOT, Agent
from lab import wait_until

RULES = f"{ROOT}/etc/prometheus/alerts.yml"
SCRAPE_MS = 15_000               # the interval of scrapes that the rules are made for
UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000}

# That adverts are late is true of a machine that runs other tests.
OF_THE_MACHINE = ("VipdMarginSmall", "VipdAdvertsLate")


def hurry(text, factor):
    """The same rules for a world that is so many times as fast: each duration behind "for:" and each
    range in brackets is divided by it. Nothing else is changed."""
    def divided(found):
        return f"{found[1]}{int(found[2]) * UNITS_MS[found[3]] // factor}ms{found[4]}"

    text, n = re.subn(r"(?m)(^ +for: |\[)(\d+)([smh])(\]|$)", divided, text)
    assert n == len(re.findall(r"(?m)^ +for:|\[\d", text)) > 0
    return text


class Prometheus:
    """Scrapes gateways; `factor`: of hurry()."""

    def __init__(self, lab, host, *targets, factor=75):
        self.host = host
        self.scrape_ms = SCRAPE_MS // factor
        rules, config = lab.path("alerts.yml"), lab.path("prometheus.yml")
        with open(RULES, encoding="utf-8") as file:
            text = hurry(file.read(), factor)
        with open(rules, "w", encoding="utf-8") as file:
            file.write(text)
        every = f"{self.scrape_ms}ms"
        with open(config, "w", encoding="utf-8") as file:
            json.dump({"global": {"scrape_interval": every, "scrape_timeout": every,
                                  "evaluation_interval": every},
                       "rule_files": [rules],
                       "scrape_configs": [{"job_name": "vipd", "static_configs": [
                           {"targets": list(targets)}]}]}, file)      # JSON is YAML
        self.agent = Agent(host, "prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={lab.path('tsdb')}",
            "--web.listen-address=127.0.0.1:9090", "--log.level=warn"])
        lab.agents.append(self.agent)

    def ask(self, path):
        """What its API answers; None: it does not yet."""
        try:
            with self.host.inside():
                connection = http.client.HTTPConnection("127.0.0.1", 9090, timeout=10)
                connection.connect()
            connection.request("GET", "/api/v1/" + path)
            answer = json.loads(connection.getresponse().read())
            connection.close()
            return answer["data"]
        except (OSError, ValueError, KeyError, http.client.HTTPException):
            return None

    def query(self, expression):
        """The samples of an expression: [{labels, value}, ...]."""
        answer = self.ask("query?query=" + quote(expression))
        return [{**it["metric"], "value": float(it["value"][1])} for it in answer["result"]] if answer else []

    def firing(self):
        """{name of an alert: its labels, ...}"""
        answer = self.ask("alerts")
        return answer and {it["labels"]["alertname"]: it["labels"] for it in answer["alerts"]
                           if it["state"] == "firing" and it["labels"]["alertname"] not in OF_THE_MACHINE}

    def ever_fired(self):
        """The alerts that have fired since it began."""
        fired = self.query('max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))')
        return {it["alertname"] for it in fired} - set(OF_THE_MACHINE)

    def wait(self, what, check, timeout=30):
        """Waits until that is so of what fires. Return: that."""
        def is_so():
            firing = self.firing()
            return (firing,) if firing is not None and check(firing) else None

        return wait_until(is_so, timeout=timeout,
                          what=lambda _: f"{what}: {self.firing()}; {self.agent.log[-3:]}")[0]

    def scrapes(self):
        """So often the target that was read least was read."""
        return min((it["value"] for it in self.query('count_over_time(up{job="vipd"}[1h])')), default=0)

    def wait_scrapes(self, number):
        """Waits until each target was read so often from now on."""
        begin = self.scrapes()
        wait_until(lambda: self.scrapes() >= begin + number, timeout=60, what=f"{number} scrapes", every=0.2)
