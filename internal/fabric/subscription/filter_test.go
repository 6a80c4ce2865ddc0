package subscription_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/event"
	"github.com/terrace-idp/terrace/internal/fabric/subscription"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestFilters(t *testing.T) {
	t.Parallel()
	e := event.Event{ID: "1", Type: "dev.terrace.run.failed", Source: "/tenants/acme/projects/shop/stages/dev", Subject: "run_1", Project: "shop", Stage: "dev"}
	exact := func(name, value string) subscription.Filter {
		return subscription.Filter{Exact: map[string]string{name: value}}
	}
	not := func(f subscription.Filter) subscription.Filter { return subscription.Filter{Not: &f} }
	cases := map[string]struct {
		filters []subscription.Filter
		want    bool
	}{
		"none":                     {nil, true},
		"exact":                    {[]subscription.Filter{exact("type", "dev.terrace.run.failed")}, true},
		"exact is not a prefix":    {[]subscription.Filter{exact("subject", "run")}, false},
		"prefix":                   {[]subscription.Filter{{Prefix: map[string]string{"type": "dev.terrace.run."}}}, true},
		"suffix":                   {[]subscription.Filter{{Suffix: map[string]string{"type": ".failed", "stage": "v"}}}, true},
		"of two pairs one":         {[]subscription.Filter{{Suffix: map[string]string{"type": ".failed", "stage": "x"}}}, false},
		"of two filters one":       {[]subscription.Filter{exact("stage", "dev"), exact("project", "x")}, false},
		"all":                      {[]subscription.Filter{{All: []subscription.Filter{exact("stage", "dev"), exact("project", "shop")}}}, true},
		"any":                      {[]subscription.Filter{{Any: []subscription.Filter{exact("stage", "x"), exact("project", "shop")}}}, true},
		"any of none that holds":   {[]subscription.Filter{{Any: []subscription.Filter{exact("stage", "x")}}}, false},
		"not":                      {[]subscription.Filter{not(exact("stage", "prod"))}, true},
		"not what holds":           {[]subscription.Filter{not(exact("stage", "dev"))}, false},
		"an attribute that is not": {[]subscription.Filter{{Prefix: map[string]string{"reason": "x"}}}, false},
	}
	for name, c := range cases {
		if got := subscription.Match(c.filters, e); got != c.want || len(subscription.CheckFilters("filters", c.filters)) > 0 {
			t.Errorf("%s: %v, want %v; %v", name, got, c.want, subscription.CheckFilters("filters", c.filters))
		}
	}
}

func TestRefusesSubscriptions(t *testing.T) {
	t.Parallel()
	deep := subscription.Filter{Exact: map[string]string{"type": "x"}}
	for range 6 {
		inner := deep
		deep = subscription.Filter{Not: &inner}
	}
	hook := func(url string) subscription.Sink {
		return subscription.Sink{Webhook: &subscription.Webhook{URL: url}}
	}
	cases := map[string]struct {
		spec subscription.Spec
		want string
	}{
		"no sink":          {subscription.Spec{Name: "a"}, "this one is 0"},
		"a name":           {subscription.Spec{Name: "A b", Sink: hook("https://example.com")}, "name"},
		"an unknown type":  {subscription.Spec{Name: "a", Sink: hook("https://example.com"), Filters: []subscription.Filter{{Exact: map[string]string{"type": "dev.terrace.run.faild"}}}}, "did you mean dev.terrace.run.failed?"},
		"no such types":    {subscription.Spec{Name: "a", Sink: hook("https://example.com"), Filters: []subscription.Filter{{Not: &subscription.Filter{Prefix: map[string]string{"type": "dev.terrace.rnu."}}}}}, `no event has the type "dev.terrace.rnu."`},
		"a scheme":         {subscription.Spec{Name: "a", Sink: hook("ftp://example.com")}, "no address of a web server"},
		"a password":       {subscription.Spec{Name: "a", Sink: hook("https://u:p@example.com")}, "password"},
		"hours":            {subscription.Spec{Name: "a", RetryHours: 100, Sink: hook("https://example.com")}, "retryHours"},
		"an attribute":     {subscription.Spec{Name: "a", Sink: hook("https://example.com"), Filters: []subscription.Filter{{Exact: map[string]string{"typ": "x"}}}}, `no attribute "typ"`},
		"two dialects":     {subscription.Spec{Name: "a", Sink: hook("https://example.com"), Filters: []subscription.Filter{{Exact: map[string]string{"type": "x"}, Prefix: map[string]string{"type": "x"}}}}, "this one has 2"},
		"a deep filter":    {subscription.Spec{Name: "a", Sink: hook("https://example.com"), Filters: []subscription.Filter{deep}}, "deeper"},
		"plain in clear":   {subscription.Spec{Name: "a", Sink: subscription.Sink{Kafka: &subscription.Kafka{Brokers: []string{"k:1"}, Topic: "t", Mechanism: "plain", Username: "u"}}}, "sends the password as it is"},
		"a NATS wildcard":  {subscription.Spec{Name: "a", Sink: subscription.Sink{NATS: &subscription.NATS{URL: "nats://h:1", Subject: "a.>"}}}, "subject"},
		"a topic and more": {subscription.Spec{Name: "a", Sink: subscription.Sink{NATS: &subscription.NATS{Topic: "t", URL: "nats://h:1"}}}, "either a topic or a url"},
	}
	s := subscription.New(subscription.Config{Authorizer: anyone{}})
	for name, c := range cases {
		_, err := s.Create(asAdmin(), shop, c.spec)
		if !kernel.Is(err, kernel.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFactsOfFilters(t *testing.T) {
	t.Parallel()
	one := func(f subscription.Filter) []subscription.Filter { return []subscription.Filter{f} }
	exact, prefix := map[string]string{"type": "dev.terrace.run.failed"}, map[string]string{"type": "dev.terrace.run."}
	cases := map[string]struct {
		filters []subscription.Filter
		want    string
	}{
		"none":                     {nil, ""},
		"exact":                    {one(subscription.Filter{Exact: exact}), "run.failed"},
		"prefix":                   {one(subscription.Filter{Prefix: prefix}), "run.>"},
		"a part of a word":         {one(subscription.Filter{Prefix: map[string]string{"type": "dev.terrace.run.fail"}}), ""},
		"another's type":           {one(subscription.Filter{Exact: map[string]string{"type": "com.example.x"}}), ""},
		"a wildcard of NATS":       {one(subscription.Filter{Exact: map[string]string{"type": "dev.terrace.>"}}), ""},
		"not":                      {one(subscription.Filter{Not: &subscription.Filter{Exact: exact}}), ""},
		"any":                      {one(subscription.Filter{Any: one(subscription.Filter{Exact: exact})}), ""},
		"of two filters the first": {[]subscription.Filter{{Exact: map[string]string{"stage": "dev"}}, {Prefix: prefix}}, "run.>"},
	}
	for name, c := range cases {
		if got := subscription.Facts(c.filters); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
