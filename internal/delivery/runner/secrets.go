package runner

import (
	"context"
	"io"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/runner/planjson"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
)

// cutAs is what is in the place of a secret.
const cutAs = "(secret)"

// askMarked is how long the tool may take to tell what it marks sensitive.
const askMarked = 2 * time.Minute

// secrets are the values that no line of the tool may show: the run's token, and
// what Job.Secret and Job.Hide have, in all forms in which programs pass them on.
func (j Job) secrets() *conceal.Values {
	values := conceal.Of(j.Token)
	for _, name := range j.Secret {
		values.Add(j.Env[name])
	}
	for _, value := range j.Hide {
		values.Add(value)
	}
	return values
}

// censor cuts the secrets that are known out of a text.
func (s *stream) censor(text string) string { return s.identity.cut(s.secrets.Cut(text, cutAs)) }

// clean is a diagnostic without secrets.
func (s *stream) clean(d diagnostic) diagnostic {
	d.Summary, d.Detail, d.Address = s.censor(d.Summary), s.censor(d.Detail), s.censor(d.Address)
	return d
}

// learn takes along what the tool marks sensitive, in the plan that it was to apply or
// else in the state, before anybody is told what others say by it: the tool hides such
// values itself, but not where a provider or a provisioner has them in its words, nor
// where it panics.
func (r *Runner) learn(ctx context.Context, job Job, w workdir, s *stream) {
	if s.learned {
		return
	}
	s.learned = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askMarked)
	defer cancel()
	args := []string{"show", "-json", "-no-color"}
	if w.has(planName) {
		args = append(args, planName)
	}
	p := r.process(job, w)
	p.stdout = func(out io.Reader) error {
		err := planjson.Sensitive(out, s.secrets)
		_, copied := io.Copy(io.Discard, out) // so that the tool can end
		if err != nil {
			r.Logger.WarnContext(ctx, "what the tool marks sensitive is not known to the end", "run", job.RunID, "error", err)
		}
		return copied
	}
	if _, err := p.run(ctx, nil, args...); err != nil {
		r.Logger.WarnContext(ctx, "what the tool marks sensitive is not known", "run", job.RunID, "error", err)
	}
}
