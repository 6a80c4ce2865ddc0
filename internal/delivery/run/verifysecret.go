package run

import (
	"context"
	"errors"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

// verified makes one check, with the values of the secrets that it refers to: those of the stage
// where the workload is. What it tells has none of them.
func (s *Service) verified(ctx context.Context, in CheckInput) CheckResult {
	uses := in.Check.SecretUses()
	if len(uses) == 0 {
		return s.Verifier.Verify(ctx, in)
	}
	values, hidden := map[secretref.Reference]string{}, &conceal.Values{}
	for _, use := range uses {
		if _, known := values[use.Reference]; known {
			continue
		}
		value, err := s.checkSecret(ctx, in, use.Reference)
		if err != nil {
			return CheckResult{Check: in.Check.Name, URL: in.URL, Message: use.Path + ": " + err.Error()}
		}
		values[use.Reference] = value
		hidden.Add(value)
	}
	in.Check = in.Check.WithSecrets(values)
	result := s.Verifier.Verify(ctx, in)
	cut := hidden.Cutter("[secret]")
	result.Message, result.Output, result.Asked = cut(result.Message), cut(result.Output), cut(result.Asked)
	return result
}

// checkSecret reads a secret for a check, whose error is a sentence for people.
func (s *Service) checkSecret(ctx context.Context, in CheckInput, r secretref.Reference) (string, error) {
	if s.Secrets == nil {
		return "", kernel.Errorf(kernel.Refused, "there is no store of secrets that it could be read from")
	}
	value, _, err := s.Secrets.Value(ctx, in.Scope, r, "verification of "+in.Workload)
	switch {
	case kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Invalid):
		if p, looked := s.Secrets.Missing(ctx, in.Scope, r); looked == nil && p != nil {
			return "", errors.New(p.Message + " (" + p.Fix + ")") //nolint:err113 // it is told as it is
		}
		return "", err
	case err != nil:
		s.Log.ErrorContext(ctx, "a secret could not be read for a check", "scope", in.Scope.String(), "check", in.Check.Name, "error", err)
		return "", kernel.Errorf(kernel.Unavailable, "its secret %s cannot be read now", r)
	case strings.ContainsAny(value, "\x00\r\n"):
		return "", kernel.Errorf(kernel.Invalid, "its secret %s has more than one line, which no header and no such variable takes", r)
	}
	return value, nil
}
