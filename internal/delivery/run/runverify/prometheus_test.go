package runverify_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// metrics is a server with the HTTP API of Prometheus, whose answers are scripted:
// those to the first questions, then the last one for ever.
type metrics struct {
	answers []string
	token   string
	asked   atomic.Int32
	query   atomic.Value
}

// The answers in the shapes that Prometheus documents.
func vector(samples ...string) string {
	return fmt.Sprintf(`{"status":"success","data":{"resultType":"vector","result":[%s]}}`, strings.Join(samples, ","))
}

func sample(labels, value string) string {
	return fmt.Sprintf(`{"metric":{%s},"value":[1435781451.781,%q]}`, labels, value)
}

func (m *metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/prometheus/api/v1/query" || m.token != "" && r.Header.Get("Authorization") != "Bearer "+m.token {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m.query.Store(r.FormValue("query"))
	answer := m.answers[min(int(m.asked.Add(1))-1, len(m.answers)-1)]
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.Contains(answer, "bad_data"):
		w.WriteHeader(http.StatusBadRequest)
	case strings.Contains(answer, "unavailable"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case answer == "redirect":
		http.Redirect(w, r, "http://elsewhere.example/", http.StatusFound)
		return
	case answer == "huge":
		_, _ = w.Write([]byte(strings.Repeat(" ", 5<<20)))
	}
	_, _ = w.Write([]byte(answer))
}

func TestPrometheus(t *testing.T) {
	t.Parallel()
	const every = 5 * time.Millisecond
	low, high := vector(sample(`"code":"500"`, "0.001")), vector(sample(`"code":"500"`, "0.2"))
	down := `{"status":"error","errorType":"unavailable","error":"starting up"}`
	for name, tc := range map[string]struct {
		answers []string
		check   stage.PrometheusCheck
		passed  bool
		message string
		asked   int
	}{
		"once":                      {[]string{low}, stage.PrometheusCheck{}, true, `{code="500"} 0.001, which is < 0.01`, 1},
		"once, and missed":          {[]string{high}, stage.PrometheusCheck{}, false, `{code="500"} 0.2, want < 0.01`, 1},
		"one of many misses it":     {[]string{vector(sample(`"a":"1"`, "0"), sample(`"a":"2"`, "1"))}, stage.PrometheusCheck{}, false, `{a="2"} 1, want`, 1},
		"a scalar":                  {[]string{`{"status":"success","data":{"resultType":"scalar","result":[1435781451.781,"0"]}}`}, stage.PrometheusCheck{}, true, "0, which is < 0.01", 1},
		"a range is not judged":     {[]string{`{"status":"success","data":{"resultType":"matrix","result":[]}}`}, stage.PrometheusCheck{Every: every}, false, "gives a matrix", 3},
		"for a while":               {[]string{low}, stage.PrometheusCheck{For: 4 * every, Every: every}, true, "5 of 5 measurements over 20ms met it", 5},
		"more failures than may":    {[]string{low, high, low, high}, stage.PrometheusCheck{For: 20 * every, Every: every, Failures: 1}, false, "2 of 4 measurements missed it, 1 may", 4},
		"as many as may":            {[]string{low, high, low}, stage.PrometheusCheck{For: 3 * every, Every: every, Failures: 1}, true, "3 of 4 measurements", 4},
		"no data fails":             {[]string{vector()}, stage.PrometheusCheck{}, false, "there is no data", 1},
		"no data passes":            {[]string{vector()}, stage.PrometheusCheck{NoData: "pass"}, true, "there is no data, which passes here", 1},
		"NaN is no data":            {[]string{vector(sample("", "NaN"))}, stage.PrometheusCheck{}, false, "there is no data", 1},
		"it waits for data":         {[]string{vector(), vector(), low}, stage.PrometheusCheck{For: 4 * every, Every: every, NoData: "wait"}, true, "3 of 3 measurements", 5},
		"in vain":                   {[]string{vector()}, stage.PrometheusCheck{For: 2 * every, Every: every, NoData: "wait"}, false, "there was no data in 3 measurements over 10ms", 3},
		"the query compares":        {[]string{high}, stage.PrometheusCheck{Condition: "none"}, true, `the query gave {code="500"} 0.2`, 1},
		"and finds nothing":         {[]string{vector()}, stage.PrometheusCheck{Condition: "none"}, false, "its comparison does not hold", 1},
		"the server starts":         {[]string{down, down, low}, stage.PrometheusCheck{Every: every}, true, "0.001", 3},
		"the server is gone":        {[]string{down}, stage.PrometheusCheck{Every: every}, false, "gave no answer, the last 3 times", 3},
		"gone while it is measured": {[]string{low, down}, stage.PrometheusCheck{For: time.Minute, Every: every}, false, "the last 3 times: server_error", 4},
		"a query that is none":      {[]string{`{"status":"error","errorType":"bad_data","error":"parse error"}`}, stage.PrometheusCheck{}, false, "gave no answer: bad_data: parse error", 1},
		"a token goes nowhere else": {[]string{"redirect"}, stage.PrometheusCheck{Every: every}, false, "redirect, status 302", 3},
		"too large an answer":       {[]string{"huge"}, stage.PrometheusCheck{Every: every}, false, "larger than 4 MiB", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &metrics{answers: tc.answers}
			server := httptest.NewServer(m)
			defer server.Close()
			c, _ := checks(t)
			tc.check.Server, tc.check.Query = server.URL+"/prometheus", `errors{workload=${workload},stage="${stage}"}`
			switch tc.check.Condition {
			case "":
				tc.check.Condition = "< 0.01"
			case "none":
				tc.check.Condition = ""
			}
			got := c.Verify(t.Context(), query(tc.check))
			if got.Passed != tc.passed || !strings.Contains(got.Message, tc.message) {
				t.Errorf("%+v, want %q", got, tc.message)
			}
			if int(m.asked.Load()) != tc.asked || got.Attempts != tc.asked {
				t.Errorf("asked %d times, %d are told, want %d", m.asked.Load(), got.Attempts, tc.asked)
			}
			if want := `errors{workload="orders",stage="dev"}`; m.query.Load() != want || got.Asked != want {
				t.Errorf("asked %v, told %s", m.query.Load(), got.Asked)
			}
		})
	}
}

func query(p stage.PrometheusCheck) run.CheckInput {
	return run.CheckInput{
		Release: "rel_1", Workload: "orders", Scope: kernel.Scope{Tenant: "acme", Project: "shop", Stage: "dev"},
		Check: stage.Check{Name: "errors", Prometheus: &p},
	}
}

func TestTokensOfPrometheus(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		check   stage.PrometheusCheck
		passed  bool
		message string
	}{
		"of a file":         {stage.PrometheusCheck{TokenFile: file}, true, ""},
		"of a variable":     {stage.PrometheusCheck{TokenVariable: "PROMETHEUS_TOKEN"}, true, ""},
		"a file that lacks": {stage.PrometheusCheck{TokenFile: "/no/token"}, false, "/no/token: no such file"},
		"a variable, too":   {stage.PrometheusCheck{TokenVariable: "NONE"}, false, "no variable NONE"},
		"none":              {stage.PrometheusCheck{}, false, "401"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := &metrics{answers: []string{vector(sample("", "1"))}, token: "hunter2"}
			server := httptest.NewServer(m)
			defer server.Close()
			c, _ := checks(t, "PROMETHEUS_TOKEN=hunter2")
			tc.check.Server, tc.check.Query = server.URL+"/prometheus/", "up"
			got := c.Verify(t.Context(), query(tc.check))
			if got.Passed != tc.passed || !strings.Contains(got.Message, tc.message) || strings.Contains(fmt.Sprint(got), "hunter2") || got.Attempts != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// A server that repeats what it was sent has the token told to nobody.
func TestAnEchoOfTheTokenIsNotTold(t *testing.T) {
	t.Parallel()
	const token = "hunter2-of-the-server"
	low := vector(sample(`"sent":"Bearer `+token+`"`, "0.001"))
	for name, answer := range map[string]func(w http.ResponseWriter){
		"as an error": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"status":"error","errorType":"bad_data","error":"no query for Bearer %s"}`, token)
		},
		"as a page": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprintf(w, "<p>Authorization: Bearer %s</p>", token)
		},
		"as a label": func(w http.ResponseWriter) { _, _ = w.Write([]byte(low)) },
		"as no HTTP": func(w http.ResponseWriter) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = c.Write([]byte("Bearer " + token + "\r\n\r\n"))
			_ = c.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
			defer server.Close()
			c, _ := checks(t, "PROMETHEUS_TOKEN="+token)
			got := c.Verify(t.Context(), query(stage.PrometheusCheck{Server: server.URL, Query: "up", Condition: "< 1", Every: time.Millisecond, TokenVariable: "PROMETHEUS_TOKEN"}))
			if told := fmt.Sprint(got); strings.Contains(told, "hunter2") || len(told) > 1000 || name != "as a page" && !strings.Contains(got.Message, "[token]") {
				t.Errorf("it is told %+v", got)
			}
		})
	}
}
