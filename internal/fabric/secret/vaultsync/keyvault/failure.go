package keyvault

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/terrace-idp/terrace/internal/fabric/secret/vaultsync"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/egress"
)

func outage(err error) error {
	told, ok := errors.AsType[*kernel.Error](err)
	if !ok {
		told = kernel.Errorf(kernel.Unavailable, "the key vault cannot be used")
	}
	return &vaultsync.Outage{Err: told}
}

// inner is the code within the error of a vault, which says more than the outer one.
func inner(e *azcore.ResponseError) string {
	if e.RawResponse == nil {
		return ""
	}
	raw, err := runtime.Payload(e.RawResponse) // it can be read again and again
	if err != nil {
		return ""
	}
	var told struct {
		Error struct {
			Inner struct {
				Code string `json:"code"`
			} `json:"innererror"`
		} `json:"error"`
	}
	_ = json.Unmarshal(raw, &told) // the status says enough
	return told.Error.Inner.Code
}

func isDisabled(err error) bool {
	e, ok := errors.AsType[*azcore.ResponseError](err)
	return ok && e.StatusCode == http.StatusForbidden && inner(e) == "SecretDisabled"
}

// failure says what an error of a vault means. Nothing of an answer is passed on but its
// codes: it may repeat what was sent.
func (v *vault) failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, signIn := errors.AsType[*azidentity.AuthenticationFailedError](err); signIn {
		return v.signIn(err)
	}
	if e, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return v.answered(e)
	}
	if f, ok := errors.AsType[*egress.Forbidden](err); ok {
		return outage(kernel.Errorf(kernel.Unavailable, "%s leads inside: %s", v.host, f.Error()).
			WithFix("a vault with a private endpoint needs its network among sinkNetworks in the configuration"))
	}
	if told, ok := errors.AsType[*kernel.Error](err); ok {
		return outage(told)
	}
	return outage(kernel.Errorf(kernel.Unavailable, "%s cannot be reached", v.host).WithFix("see whether the vault is there, and whether Terrace may call it"))
}

var aadsts = regexp.MustCompile(`AADSTS\d+`)

// signIn tells why the directory does not take Terrace's token, and what it has to trust.
func (v *vault) signIn(err error) error {
	if e, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok && e.RawResponse != nil {
		if s := e.RawResponse.StatusCode; s == http.StatusTooManyRequests || s >= http.StatusInternalServerError {
			told := kernel.Errorf(kernel.Unavailable, "the sign-in to Azure answers %d", s)
			told.After = pause(e.RawResponse.Header, v.clock.Now())
			return outage(told)
		}
	}
	if f, ok := errors.AsType[*egress.Forbidden](err); ok {
		return outage(kernel.Errorf(kernel.Unavailable, "the sign-in to Azure leads inside: %s", f.Error()))
	}
	code := aadsts.FindString(err.Error())
	if code == "" {
		return outage(kernel.Errorf(kernel.Unavailable, "the sign-in to Azure cannot be reached"))
	}
	subject := ""
	if last := v.subject.Load(); last != nil {
		subject = *last
	}
	return outage(kernel.Errorf(kernel.Unavailable, "Azure does not take the token of %s for client %s (%s)", subject, v.client, code).
		WithFix("give that identity a federated credential with the issuer %s, the subject %s and the audience %s", v.issuer, subject, v.audience))
}

// role is what an identity needs in a vault.
const role = "Key Vault Secrets Officer"

// answered says what an answer of a vault means.
func (v *vault) answered(e *azcore.ResponseError) error {
	code := inner(e)
	if code == "" {
		code = e.ErrorCode
	}
	switch {
	case e.StatusCode == http.StatusNotFound && e.ErrorCode == "SecretNotFound":
		return kernel.Errorf(kernel.NotFound, "the vault has no such secret")
	case e.StatusCode == http.StatusNotFound && (e.ErrorCode == "CertificateNotFound" || e.ErrorCode == "PendingCertificateNotFound"):
		return kernel.Errorf(kernel.NotFound, "the vault has no such certificate")
	case e.StatusCode == http.StatusConflict && code == "ObjectIsDeletedButRecoverable":
		return kernel.Errorf(kernel.Conflict, "the vault has deleted what had this name, and can recover it").WithFix("recover or purge it there")
	case e.StatusCode == http.StatusConflict:
		return kernel.Errorf(kernel.Locked, "the vault is busy with this secret (%s)", code)
	case e.StatusCode == http.StatusTooManyRequests, e.StatusCode >= http.StatusInternalServerError:
		told := kernel.Errorf(kernel.Limited, "%s answers %d %s", v.host, e.StatusCode, code)
		told.After = pause(e.RawResponse.Header, v.clock.Now())
		return outage(told)
	case e.StatusCode == http.StatusForbidden && code == "ForbiddenByConnection":
		return outage(kernel.Errorf(kernel.Unavailable, "%s does not let Terrace's network in", v.host).WithFix("allow it in the vault's firewall, or give the vault a private endpoint that Terrace reaches"))
	case e.StatusCode == http.StatusForbidden, e.StatusCode == http.StatusUnauthorized:
		return outage(kernel.Errorf(kernel.Denied, "client %s may not do this in %s (%s)", v.client, v.host, code).
			WithFix("give it the role %s on the vault, or in a vault with access policies get, list, set, delete and recover of secrets", role))
	case e.StatusCode == http.StatusBadRequest:
		return kernel.Errorf(kernel.Invalid, "the vault does not take this (%s)", code)
	}
	return outage(kernel.Errorf(kernel.Unavailable, "%s answers %d %s", v.host, e.StatusCode, code))
}
