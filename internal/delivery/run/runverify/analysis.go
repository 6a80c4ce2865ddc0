package runverify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/terrace-idp/terrace/internal/delivery/run"
	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// analysis sums measurements up.
type analysis struct {
	check  stage.PrometheusCheck
	result run.CheckResult

	met, missed, nothing int
	// silent is how many questions in a row got no answer.
	silent int
	// failed says that no further measurement can help.
	failed bool
	// good and bad are what the last such measurements told.
	good, bad string
}

// more waits for the next measurement and reports whether there is one.
func (a *analysis) more(ctx context.Context, begin time.Time) bool {
	every := cmp.Or(a.check.Every, stage.DefaultMeasureEvery)
	switch {
	case a.failed || ctx.Err() != nil:
		return false
	case a.result.Attempts == 0:
		return true
	case a.silent > 0:
		return sleep(ctx, min(every, maxAgain))
	}
	taken := time.Duration(a.met + a.missed + a.nothing)
	if taken*every > a.check.For || a.check.For == 0 {
		return false
	}
	return sleep(ctx, time.Until(begin.Add(taken*every)))
}

// take counts a measurement, or a question without an answer.
func (a *analysis) take(m measurement, err error) {
	a.result.Attempts++
	if err != nil {
		a.silent++
		a.bad = complaint(err)
		a.failed = a.silent == unanswered || final(err)
		return
	}
	a.silent = 0
	if m.outcome == nothing {
		switch cmp.Or(a.check.NoData, stage.NoDataFail) {
		case stage.NoDataPass:
			m.outcome, m.message = met, m.message+", which passes here"
		case stage.NoDataFail:
			m.outcome = missed
		}
	}
	switch m.outcome {
	case met:
		a.met, a.good = a.met+1, m.message
	case missed:
		a.missed, a.bad = a.missed+1, m.message
		a.failed = a.missed > a.check.Failures
	default:
		a.nothing++
	}
}

// conclude says what the measurements amount to.
func (a *analysis) conclude(ctx context.Context) {
	switch {
	case a.silent == 1:
		a.result.Message = fmt.Sprintf("%s gave no answer: %s", a.check.Server, a.bad)
	case a.silent > 0:
		a.result.Message = fmt.Sprintf("%s gave no answer, the last %d times: %s", a.check.Server, a.silent, a.bad)
	case a.failed && a.check.For == 0:
		a.result.Message = a.bad
	case a.failed:
		a.result.Message = fmt.Sprintf("%s (%d of %d measurements missed it, %d may)", a.bad, a.missed, a.met+a.missed, a.check.Failures)
	case ctx.Err() != nil:
		a.result.Message = "it was stopped before its time was over"
	case a.met == 0:
		a.result.Message = fmt.Sprintf("there was no data in %d measurements over %s", a.nothing, a.check.For)
	case a.check.For == 0:
		a.result.Passed, a.result.Message = true, a.good
	default:
		a.result.Passed = true
		a.result.Message = fmt.Sprintf("%s (%d of %d measurements over %s met it, the last one is told)", a.good, a.met, a.met+a.missed, a.check.For)
	}
}

// complaint tells why there was no answer, without what the client adds to it.
func complaint(err error) string {
	if e, ok := errors.AsType[*prometheusv1.Error](err); ok {
		return shortened(fmt.Sprintf("%s: %s", e.Type, e.Msg))
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return shortened(e.Err.Error())
	}
	return shortened(err.Error())
}

// final reports whether asking again cannot help: the query is wrong, or nobody
// is let in.
func final(err error) bool {
	e, ok := errors.AsType[*prometheusv1.Error](err)
	return errors.Is(err, errToken) || ok && (e.Type == prometheusv1.ErrBadData || e.Type == prometheusv1.ErrClient)
}

// maxAnswer bounds an answer.
const maxAnswer = 4 << 20

// bounded refuses to read on where an answer is too large.
type bounded struct {
	from io.ReadCloser
	left int64
}

var errTooLarge = errors.New("the answer is larger than 4 MiB: aggregate what the query gives")

// Read reads what is left of the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errTooLarge
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// Close closes the answer.
func (b *bounded) Close() error { return b.from.Close() }
