package login

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// asksAnew reports whether a sign-in was refused because somebody else has chosen the password.
func asksAnew(err error) bool {
	e, ok := errors.AsType[*kernel.Error](err)
	return ok && slices.ContainsFunc(e.Problems, func(p kernel.Problem) bool { return p.Path == "newPassword" })
}

// anew signs in with a password of their own in place of the one that they were given.
func (l *login) anew(ctx context.Context, client *apiclient.Client, given string, refused error) (apiclient.IssuedToken, error) {
	if l.e.ReadPassword == nil && l.e.Getenv("TERRACE_NEW_PASSWORD") == "" { // of the input was read what is now
		return apiclient.IssuedToken{}, refused
	}
	_, _ = fmt.Fprintf(l.e.Err, "Somebody else has chosen your password, and knows it. Choose one of your own; it holds from now on.\n")
	next, err := l.e.Secret("TERRACE_NEW_PASSWORD", "New password")
	if err != nil {
		return apiclient.IssuedToken{}, err
	}
	if l.e.Getenv("TERRACE_NEW_PASSWORD") == "" {
		again, err := l.e.Secret("TERRACE_NEW_PASSWORD", "New password again")
		if err != nil {
			return apiclient.IssuedToken{}, err
		}
		if next != again {
			return apiclient.IssuedToken{}, kernel.Errorf(kernel.Refused, "the new passwords differ; nothing has changed").WithFix("try again")
		}
	}
	return client.SignInAnew(ctx, l.tenant, l.username, given, next)
}
