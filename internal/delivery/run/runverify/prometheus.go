package runverify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/api"
	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

const (
	// unanswered is how many measurements in a row may get no answer: a server that
	// is restarted says nothing about the workload.
	unanswered = 3
	// maxAgain is the longest pause before a question without an answer is asked again.
	maxAgain = 5 * time.Second
	// maxSamples bounds what one query may give.
	maxSamples = 10_000
)

// prometheus asks servers with the HTTP API of Prometheus.
type prometheus struct {
	transport http.RoundTripper
	environ   []string
}

func newPrometheus(environ []string) *prometheus {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	transport.DisableKeepAlives = true                           // measurements are far apart
	return &prometheus{transport: transport, environ: environ}
}

// outcome is what a measurement says.
type outcome int

const (
	met outcome = iota
	missed
	nothing
)

// measurement is one answer.
type measurement struct {
	outcome
	message string
}

// verify measures until the time is over, too many measurements missed the
// condition, or the server gave no answer too often.
func (p *prometheus) verify(ctx context.Context, in run.CheckInput) run.CheckResult {
	begin := time.Now()
	a := &analysis{check: *in.Check.Prometheus, result: run.CheckResult{Check: in.Check.Name}}
	query, err := stage.Expand(a.check.Query, map[string]string{
		"tenant": in.Scope.Tenant, "project": in.Scope.Project, "stage": in.Scope.Stage, "workload": in.Workload, "release": in.Release,
	})
	a.result.Asked = query
	ask, err := p.asker(a.check, query, err)
	if err != nil {
		a.result.Message = err.Error()
		return a.result
	}
	for a.more(ctx, begin) {
		measured, err := ask(ctx)
		a.take(measured, err)
	}
	a.conclude(ctx)
	a.result.Seconds = time.Since(begin).Seconds()
	return a.result
}

// asker returns what makes one measurement.
func (p *prometheus) asker(check stage.PrometheusCheck, query string, err error) (func(ctx context.Context) (measurement, error), error) {
	if err != nil {
		return nil, err
	}
	var condition *stage.Condition
	if check.Condition != "" {
		parsed, err := stage.ParseCondition(check.Condition)
		if err != nil {
			return nil, err
		}
		condition = &parsed
	}
	client, err := api.NewClient(api.Config{Address: check.Server, RoundTripper: &signed{next: p.transport, check: check, environ: p.environ}})
	if err != nil {
		return nil, fmt.Errorf("%s cannot be asked: %w", check.Server, err)
	}
	server := prometheusv1.NewAPI(client)
	return func(ctx context.Context) (measurement, error) {
		ctx, cancel := context.WithTimeout(ctx, cmp.Or(check.Timeout, stage.DefaultMeasureTime))
		defer cancel()
		value, _, _, err := server.Query(ctx, query, time.Now())
		if err != nil {
			return measurement{}, err
		}
		return measure(value, condition)
	}, nil
}

// measure judges an answer: every number must fulfil the condition, and NaN,
// which is what 0 of 0 requests are, is no number.
func measure(value model.Value, condition *stage.Condition) (measurement, error) {
	samples, err := samplesOf(value)
	if err != nil {
		return measurement{}, err
	}
	numbers := 0
	worst := measurement{outcome: met}
	for _, s := range samples {
		v := float64(s.Value)
		if math.IsNaN(v) && condition != nil {
			continue
		}
		numbers++
		told := strings.TrimSpace(s.Metric.String() + " " + strconv.FormatFloat(v, 'g', 6, 64))
		told = strings.TrimPrefix(told, "{} ")
		switch {
		case condition == nil:
			worst.message = "the query gave " + told
		case !condition.Holds(v):
			return measurement{missed, fmt.Sprintf("%s, want %s", shortened(told), condition)}, nil
		default:
			worst.message = fmt.Sprintf("%s, which is %s", told, condition)
		}
	}
	switch {
	case numbers > 0:
		worst.message = shortened(worst.message)
		return worst, nil
	case condition == nil:
		return measurement{missed, "the query gave no sample: its comparison does not hold"}, nil
	default:
		return measurement{nothing, "there is no data"}, nil
	}
}

func samplesOf(value model.Value) (model.Vector, error) {
	switch v := value.(type) {
	case model.Vector:
		if len(v) > maxSamples {
			return nil, fmt.Errorf("the query gives %d samples, of which %d are too many: aggregate them", len(v), maxSamples)
		}
		return v, nil
	case *model.Scalar:
		return model.Vector{&model.Sample{Metric: model.Metric{}, Value: v.Value}}, nil
	default:
		return nil, fmt.Errorf("the query gives a %s, and only a vector or a scalar can be judged", value.Type())
	}
}

// shortened bounds what is told of one sample.
func shortened(text string) string {
	const most = 300
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// signed signs requests in and bounds their answers.
type signed struct {
	next    http.RoundTripper
	check   stage.PrometheusCheck
	environ []string
}

var errToken = errors.New("the token cannot be read")

// RoundTrip sends the request with the token as it is now.
func (s *signed) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := s.token()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", userAgent)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	cut := conceal.Of(token).Cutter("[token]")
	response, err := s.next.RoundTrip(r)
	if err != nil { // which may quote what the server has said
		return nil, &quiet{cut(err.Error()), err}
	}
	if response.StatusCode >= 300 && response.StatusCode <= 399 { // a token goes where it was configured to go
		_ = response.Body.Close()
		return nil, fmt.Errorf("it answers with a redirect, status %d", response.StatusCode)
	}
	response.Body = &bounded{from: response.Body, left: maxAnswer}
	if token != "" {
		response.Body = &concealed{from: response.Body, cut: cut}
	}
	return response, nil
}

// quiet is an error without the token.
type quiet struct {
	words string
	cause error
}

// Error returns the words.
func (q *quiet) Error() string { return q.words }

// Unwrap returns what it is made of.
func (q *quiet) Unwrap() error { return q.cause }

// concealed is an answer without the token, which a server may repeat anywhere in it.
type concealed struct {
	from io.ReadCloser
	cut  func(text string) string
	rest *strings.Reader
}

// Read reads the whole answer, which is bounded, before it gives the first of it.
func (c *concealed) Read(p []byte) (int, error) {
	if c.rest == nil {
		text, err := io.ReadAll(c.from)
		if err != nil {
			return 0, err
		}
		c.rest = strings.NewReader(c.cut(string(text)))
	}
	return c.rest.Read(p)
}

// Close closes the answer.
func (c *concealed) Close() error { return c.from.Close() }

func (s *signed) token() (string, error) {
	if s.check.TokenFile != "" {
		content, err := os.ReadFile(s.check.TokenFile)
		if err != nil {
			return "", fmt.Errorf("%w: %s: %s", errToken, s.check.TokenFile, reason(err))
		}
		return strings.TrimSpace(string(content)), nil
	}
	if s.check.TokenVariable == "" {
		return "", nil
	}
	for _, entry := range s.environ {
		if name, value, _ := strings.Cut(entry, "="); name == s.check.TokenVariable && value != "" {
			return value, nil
		}
	}
	return "", fmt.Errorf("%w: the daemon has no variable %s", errToken, s.check.TokenVariable)
}
