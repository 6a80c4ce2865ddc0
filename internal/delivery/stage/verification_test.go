package stage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestChecksThatCannotBeMade(t *testing.T) {
	t.Parallel()
	at := func(rest string) string { return "stages.dev.verify[0]" + rest }
	command := func(change func(*stage.CommandCheck)) stage.Check {
		c := &stage.CommandCheck{Argv: []string{"/bin/true"}}
		change(c)
		return stage.Check{Name: "x", Command: c}
	}
	query := func(change func(*stage.PrometheusCheck)) stage.Check {
		p := &stage.PrometheusCheck{Server: "https://prometheus.example", Query: "up", Condition: "== 1", For: time.Minute, Every: 10 * time.Second}
		change(p)
		return stage.Check{Name: "x", Prometheus: p}
	}
	for name, c := range map[string]struct {
		check stage.Check
		path  string
	}{
		"two kinds in one":            {stage.Check{Name: "x", HTTP: &stage.HTTPCheck{}, Command: &stage.CommandCheck{Argv: []string{"/x"}}}, at("")},
		"no name":                     {stage.Check{Command: &stage.CommandCheck{Argv: []string{"/x"}}}, at(".name")},
		"a secret header":             {stage.Check{HTTP: &stage.HTTPCheck{Headers: map[string]string{"authorization": "x"}}}, at(".http.headers.authorization")},
		"a broken reference":          {stage.Check{HTTP: &stage.HTTPCheck{Headers: map[string]string{"Authorization": "Bearer ${secret:a//b}"}}}, at(".http.headers.Authorization")},
		"a reference to no host":      {stage.Check{HTTP: &stage.HTTPCheck{Headers: map[string]string{"Host": "${secret:a}"}}}, at(".http.headers.Host")},
		"a broken one of a command":   {command(func(c *stage.CommandCheck) { c.Environment = map[string]string{"API_TOKEN": "${secret:a"} }), at(".command.environment.API_TOKEN")},
		"a reserved one by reference": {command(func(c *stage.CommandCheck) { c.Environment = map[string]string{"TERRACE_TOKEN": "${secret:a}"} }), at(".command.environment.TERRACE_TOKEN")},
		"a header of two lines":       {stage.Check{HTTP: &stage.HTTPCheck{Headers: map[string]string{"X-A": "a\r\nb"}}}, at(".http.headers.X-A")},
		"no program":                  {command(func(c *stage.CommandCheck) { c.Argv = nil }), at(".command.argv")},
		"a program in no folder":      {command(func(c *stage.CommandCheck) { c.Argv = []string{"./x"} }), at(".command.argv")},
		"a secret variable":           {command(func(c *stage.CommandCheck) { c.Environment = map[string]string{"API_TOKEN": "x"} }), at(".command.environment.API_TOKEN")},
		"a variable of Terrace":       {command(func(c *stage.CommandCheck) { c.Environment = map[string]string{"TERRACE_URL": "x"} }), at(".command.environment.TERRACE_URL")},
		"too long a command":          {command(func(c *stage.CommandCheck) { c.Timeout = 2 * time.Hour }), at(".command.timeout")},
		"too little memory":           {command(func(c *stage.CommandCheck) { c.Memory = -1 }), at(".command.memory")},
		"no server":                   {query(func(p *stage.PrometheusCheck) { p.Server = "prometheus" }), at(".prometheus.server")},
		"a password in the address":   {query(func(p *stage.PrometheusCheck) { p.Server = "https://a:b@prometheus.example" }), at(".prometheus.server")},
		"a token in the clear":        {query(func(p *stage.PrometheusCheck) { p.Server, p.TokenFile = "http://prometheus.example", "/t" }), at(".prometheus.server")},
		"two tokens":                  {query(func(p *stage.PrometheusCheck) { p.TokenFile, p.TokenVariable = "/t", "T" }), at(".prometheus.tokenFile")},
		"no query":                    {query(func(p *stage.PrometheusCheck) { p.Query = " " }), at(".prometheus.query")},
		"an unknown placeholder":      {query(func(p *stage.PrometheusCheck) { p.Query = "up{v=${version}}" }), at(".prometheus.query")},
		"no comparison":               {query(func(p *stage.PrometheusCheck) { p.Condition = "small" }), at(".prometheus.condition")},
		"measured too long":           {query(func(p *stage.PrometheusCheck) { p.For = 2 * time.Hour }), at(".prometheus.for")},
		"measured too often":          {query(func(p *stage.PrometheusCheck) { p.Every = time.Millisecond }), at(".prometheus.every")},
		"once, but every":             {query(func(p *stage.PrometheusCheck) { p.For = 0 }), at(".prometheus.every")},
		"more failures than asked":    {query(func(p *stage.PrometheusCheck) { p.Failures = 7 }), at(".prometheus.failures")},
		"an unknown policy":           {query(func(p *stage.PrometheusCheck) { p.NoData = "ignore" }), at(".prometheus.noData")},
		"nothing to compare with":     {query(func(p *stage.PrometheusCheck) { p.Condition, p.NoData = "", "pass" }), at(".prometheus.noData")},
		"no time to wait":             {query(func(p *stage.PrometheusCheck) { p.For, p.Every, p.NoData = 0, 0, "wait" }), at(".prometheus.noData")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, c.path, func(s *stage.Stage) { s.Verify = []stage.Check{c.check} })
		})
	}
	refused(t, at("")[:len("stages.dev.verify[")]+"1].name", func(s *stage.Stage) {
		one := stage.Check{Name: "x", HTTP: &stage.HTTPCheck{}}
		s.Verify = []stage.Check{one, one}
	})
	refused(t, "stages.dev.verifyEvery", func(s *stage.Stage) { s.VerifyEvery = time.Second })
	refused(t, "stages.dev.rollback", func(s *stage.Stage) { s.Rollback = "sometimes" })
}

func refused(t *testing.T, path string, change func(*stage.Stage)) {
	t.Helper()
	stages := stage.Default()
	change(&stages[0])
	_, err := stage.NewSet(stages)
	e, ok := errors.AsType[*kernel.Error](err)
	if !ok || len(e.Problems) != 1 || e.Problems[0].Path != path || e.Problems[0].Fix == "" {
		t.Errorf("want one problem at %s, got %v", path, err)
	}
}
