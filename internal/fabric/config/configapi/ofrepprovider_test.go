package configapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/open-feature/go-sdk/openfeature"
)

// ofrep is a provider for OpenFeature's SDK that knows nothing of Terrace: it does what
// the specification of OFREP says, by a server's base address and a token.
type ofrep struct{ base, token string }

// said is an answer of OFREP, of one flag.
type said struct {
	Key, Variant, ErrorCode, ErrorDetails string
	Value                                 any
	Reason                                openfeature.Reason
}

// Metadata implements openfeature.FeatureProvider.
func (ofrep) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: "OFREP"} }

// Hooks implements openfeature.FeatureProvider.
func (ofrep) Hooks() []openfeature.Hook { return nil }

// post sends an evaluation's context.
func (p ofrep) post(ctx context.Context, path string, attributes openfeature.FlattenedContext, header http.Header) (*http.Response, error) {
	body, err := json.Marshal(map[string]any{"context": attributes})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/ofrep/v1/evaluate/flags"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	return http.DefaultClient.Do(req)
}

// single evaluates one flag.
func (p ofrep) single(ctx context.Context, flag string, attributes openfeature.FlattenedContext) (s said, detail openfeature.ProviderResolutionDetail) {
	failed := func(e openfeature.ResolutionError) (said, openfeature.ProviderResolutionDetail) {
		return s, openfeature.ProviderResolutionDetail{ResolutionError: e, Reason: openfeature.ErrorReason}
	}
	res, err := p.post(ctx, "/"+url.PathEscape(flag), attributes, http.Header{})
	if err != nil {
		return failed(openfeature.NewGeneralResolutionError(err.Error()))
	}
	defer func() { _ = res.Body.Close() }()
	switch res.StatusCode {
	case http.StatusOK, http.StatusBadRequest, http.StatusNotFound:
	case http.StatusUnauthorized, http.StatusForbidden:
		return failed(openfeature.NewGeneralResolutionError("authentication/authorization error"))
	default:
		return failed(openfeature.NewGeneralResolutionError(res.Status))
	}
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return failed(openfeature.NewParseErrorResolutionError(err.Error()))
	}
	missing := openfeature.ErrorCode(s.ErrorCode) == openfeature.FlagNotFoundCode
	if missing != (res.StatusCode == http.StatusNotFound) || (s.ErrorCode == "") != (res.StatusCode == http.StatusOK) {
		return failed(openfeature.NewGeneralResolutionError(fmt.Sprintf("%d with %q", res.StatusCode, s.ErrorCode)))
	}
	switch openfeature.ErrorCode(s.ErrorCode) {
	case "":
		return s, openfeature.ProviderResolutionDetail{Reason: s.Reason, Variant: s.Variant}
	case openfeature.FlagNotFoundCode:
		return failed(openfeature.NewFlagNotFoundResolutionError(s.ErrorDetails))
	case openfeature.TargetingKeyMissingCode:
		return failed(openfeature.NewTargetingKeyMissingResolutionError(s.ErrorDetails))
	case openfeature.InvalidContextCode:
		return failed(openfeature.NewInvalidContextResolutionError(s.ErrorDetails))
	case openfeature.ParseErrorCode:
		return failed(openfeature.NewParseErrorResolutionError(s.ErrorDetails))
	default:
		return failed(openfeature.NewGeneralResolutionError(s.ErrorDetails))
	}
}

// typed evaluates one flag as a type; of another one is the client's default.
func typed[T any](ctx context.Context, p ofrep, flag string, def T, attributes openfeature.FlattenedContext, as func(v any) (T, bool)) openfeature.GenericResolutionDetail[T] {
	s, detail := p.single(ctx, flag, attributes)
	if detail.Error() != nil {
		return openfeature.GenericResolutionDetail[T]{Value: def, ProviderResolutionDetail: detail}
	}
	value, ok := as(s.Value)
	if !ok {
		mismatch := openfeature.NewTypeMismatchResolutionError(fmt.Sprintf("%s is %T", flag, s.Value))
		return openfeature.GenericResolutionDetail[T]{Value: def, ProviderResolutionDetail: openfeature.ProviderResolutionDetail{ResolutionError: mismatch, Reason: openfeature.ErrorReason}}
	}
	return openfeature.GenericResolutionDetail[T]{Value: value, ProviderResolutionDetail: detail}
}

func is[T any](v any) (T, bool) { t, ok := v.(T); return t, ok }

// BooleanEvaluation implements openfeature.FeatureProvider.
func (p ofrep) BooleanEvaluation(ctx context.Context, flag string, def bool, attributes openfeature.FlattenedContext) openfeature.BoolResolutionDetail {
	return typed(ctx, p, flag, def, attributes, is[bool])
}

// StringEvaluation implements openfeature.FeatureProvider.
func (p ofrep) StringEvaluation(ctx context.Context, flag, def string, attributes openfeature.FlattenedContext) openfeature.StringResolutionDetail {
	return typed(ctx, p, flag, def, attributes, is[string])
}

// FloatEvaluation implements openfeature.FeatureProvider.
func (p ofrep) FloatEvaluation(ctx context.Context, flag string, def float64, attributes openfeature.FlattenedContext) openfeature.FloatResolutionDetail {
	return typed(ctx, p, flag, def, attributes, is[float64])
}

// IntEvaluation implements openfeature.FeatureProvider.
func (p ofrep) IntEvaluation(ctx context.Context, flag string, def int64, attributes openfeature.FlattenedContext) openfeature.IntResolutionDetail {
	return typed(ctx, p, flag, def, attributes, func(v any) (int64, bool) {
		f, ok := v.(float64)
		return int64(f), ok && f == float64(int64(f))
	})
}

// ObjectEvaluation implements openfeature.FeatureProvider.
func (p ofrep) ObjectEvaluation(ctx context.Context, flag string, def any, attributes openfeature.FlattenedContext) openfeature.InterfaceResolutionDetail {
	return typed(ctx, p, flag, def, attributes, func(v any) (any, bool) { _, ok := v.(map[string]any); return v, ok })
}
