package apiclient_test

import (
	"context"

	"github.com/terrace-idp/terrace/internal/apiclient"
)

// gatewayCalls are those about the gateway.
func gatewayCalls(ctx context.Context, c *apiclient.Client) map[string]func() error {
	e := func(_ any, err error) error { return err }
	return map[string]func() error{
		"ApplyGateway": func() error {
			return e(c.ApplyGateway(ctx, apiclient.ApplyGatewayDocumentsParams{Project: "shop", Stage: "dev", DryRun: true, Owned: true}, apiclient.ApplyGatewayDocumentsRequest{}))
		},
		"GatewayRoutes": func() error {
			return e(c.GatewayRoutes(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "a.b"))
		},
		"GatewayRoute": func() error {
			return e(c.GatewayRoute(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "r"))
		},
		"DeleteGatewayRoute": func() error {
			return e(c.DeleteGatewayRoute(ctx, "r", apiclient.DeleteGatewayRouteParams{Project: "shop", Stage: "dev", DryRun: true, Owned: true}))
		},
		"GatewayPolicies": func() error {
			return e(c.GatewayPolicies(ctx, apiclient.ListGatewayPoliciesParams{Project: "shop", Stage: "dev", Kind: "k", Route: "r"}))
		},
		"GatewayPolicy": func() error {
			return e(c.GatewayPolicy(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "p"))
		},
		"DeleteGatewayPolicy": func() error {
			return e(c.DeleteGatewayPolicy(ctx, "p", apiclient.DeleteGatewayPolicyParams{Project: "shop", Stage: "dev", DryRun: true, Owned: true}))
		},
		"GatewayHistory": func() error {
			return e(c.GatewayHistory(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "route", "r", 5))
		},
		"RollBackGateway": func() error {
			return e(c.RollBackGateway(ctx, "route", "r", apiclient.RollBackGatewayParams{Project: "shop", Stage: "dev", DryRun: true, Owned: true}, 3))
		},
		"ExplainGateway": func() error {
			return e(c.ExplainGateway(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "POST", "a.b/c", []string{"X-A: b, c"}))
		},
		"GatewayKinds": func() error { return e(c.GatewayKinds(ctx)) },
		"WafFindings": func() error {
			return e(c.WafFindings(ctx, apiclient.ListWafFindingsParams{Project: "shop", Stage: "dev", Route: "r", Rule: 942100, Days: 3}))
		},
		"WafEstimates": func() error {
			return e(c.WafEstimates(ctx, apiclient.EstimateWafRefusalsParams{Project: "shop", Stage: "dev", Route: "r", ParanoiaLevel: 2, InboundThreshold: 7, Days: 3}))
		},
		"WafExclusion": func() error {
			return e(c.WafExclusion(ctx, apiclient.ProposeWafExclusionParams{
				Project: "shop", Stage: "dev", Route: "r", Rule: []int64{942100, 942200}, Target: "ARGS:q", PathPrefix: "/x", Own: true, Days: 3,
			}))
		},
		"GatewaySLOs": func() error {
			return e(c.GatewaySLOs(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "orders"))
		},
		"TailGateway": func() error {
			return c.TailGateway(ctx, apiclient.TailGatewayParams{Project: "shop", Stage: "dev", Route: "orders", Consumer: "ci", Method: "GET", Path: "/a*", Status: "5xx", Unrouted: true, SlowerThan: "250ms"}, func(apiclient.GatewayTold) error { return nil })
		},
		"GatewayTraffic": func() error {
			return e(c.GatewayTraffic(ctx, apiclient.GetGatewayTrafficParams{Project: "shop", Stage: "dev", Route: "orders", Consumer: "ci", Consumers: true, Since: "15m"}))
		},
		"PurgeGatewayCache": func() error {
			return e(c.PurgeGatewayCache(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, apiclient.GatewayCachePurge{Tag: "t"}))
		},
		"GatewayCache": func() error {
			return e(c.GatewayCache(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}))
		},
		"GatewayProducts": func() error {
			return e(c.GatewayProducts(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}))
		},
		"GatewayProduct": func() error {
			return e(c.GatewayProduct(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "p"))
		},
		"DeleteGatewayProduct": func() error {
			return e(c.DeleteGatewayProduct(ctx, "p", apiclient.DeleteGatewayProductParams{Project: "shop", Stage: "dev", DryRun: true}))
		},
		"GatewaySubscriptions": func() error {
			return e(c.GatewaySubscriptions(ctx, apiclient.ListGatewaySubscriptionsParams{Project: "shop", Stage: "dev", Product: "p", State: apiclient.ProductStateActive}))
		},
		"GatewaySubscription": func() error {
			return e(c.GatewaySubscription(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "s"))
		},
		"CreateGatewaySubscription": func() error {
			return e(c.CreateGatewaySubscription(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, apiclient.CreateGatewaySubscriptionRequest{Product: "p"}))
		},
		"ChangeGatewaySubscription": func() error {
			return e(c.ChangeGatewaySubscription(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "s", apiclient.CancelSubscription, "x"))
		},
		"RegenerateGatewaySubscriptionKey": func() error {
			return e(c.RegenerateGatewaySubscriptionKey(ctx, apiclient.GatewayScope{Project: "shop", Stage: "dev"}, "s", apiclient.ProductKeyNamePrimary, "x"))
		},
		"GatewaySubscriptionUsage": func() error {
			return e(c.GatewaySubscriptionUsage(ctx, "s", apiclient.GetGatewaySubscriptionUsageParams{Project: "shop", Stage: "dev", Period: apiclient.ProductPeriodHour, Limit: 3}))
		},
		"ACMEKeys": func() error { return e(c.ACMEKeys(ctx)) },
		"CreateACMEKey": func() error {
			return e(c.CreateACMEKey(ctx, apiclient.CreateAcmeKeyRequest{Project: "shop", Stage: "dev", Note: "certbot", LifeHours: 24}))
		},
		"RevokeACMEKey":  func() error { return c.RevokeACMEKey(ctx, "eab_x") },
		"GatewayDomains": func() error { return e(c.GatewayDomains(ctx)) },
		"AddGatewayDomain": func() error {
			return e(c.AddGatewayDomain(ctx, apiclient.AddGatewayDomainRequest{Name: "example.com", Project: "shop", Stage: "dev"}))
		},
		"GatewayDomain":       func() error { return e(c.GatewayDomain(ctx, "example.com")) },
		"VerifyGatewayDomain": func() error { return e(c.VerifyGatewayDomain(ctx, "example.com")) },
		"ApproveGatewayDomain": func() error {
			return e(c.ApproveGatewayDomain(ctx, "example.com", apiclient.ApproveGatewayDomainRequest{Tenant: "acme", Reason: "x"}))
		},
		"RevokeGatewayDomain": func() error {
			return e(c.RevokeGatewayDomain(ctx, "example.com", apiclient.RevokeGatewayDomainRequest{Tenant: "acme", Reason: "x"}))
		},
		"RemoveGatewayDomain": func() error { return c.RemoveGatewayDomain(ctx, "example.com") },
		"SetGatewayDomainCertificate": func() error {
			return e(c.SetGatewayDomainCertificate(ctx, "example.com", apiclient.SetGatewayDomainCertificateRequest{Certificate: "x", Key: "y"}))
		},
		"RemoveGatewayDomainCertificate": func() error { return c.RemoveGatewayDomainCertificate(ctx, "example.com") },
		"Certificates": func() error {
			return e(c.Certificates(ctx, apiclient.ListCertificatesParams{Kind: apiclient.PkiHolderKindWorkload, Name: "n", State: apiclient.PkiEntryStateValid, Issuer: "i"}))
		},
		"Certificate": func() error { return e(c.Certificate(ctx, "1f")) },
		"IssueCertificate": func() error {
			return e(c.IssueCertificate(ctx, apiclient.IssueCertificateRequest{Kind: apiclient.PkiHolderKindWorkload, Project: "shop", Stage: "dev", Name: "n", Request: "x"}))
		},
		"RenewCertificate": func() error {
			return e(c.RenewCertificate(ctx, "1f", apiclient.RenewCertificateRequest{Request: "x"}))
		},
		"RevokeCertificate": func() error {
			return e(c.RevokeCertificate(ctx, "1f", apiclient.RevokeCertificateRequest{Cause: apiclient.PkiReasonSuperseded}))
		},
		"RevokeUnlistedCertificate": func() error {
			return e(c.RevokeUnlistedCertificate(ctx, apiclient.RevokeUnlistedCertificateRequest{Certificate: "x", Cause: apiclient.PkiReasonSuperseded}))
		},
		"CertificateAuthorities": func() error { return e(c.CertificateAuthorities(ctx)) },
		"RotateCertificateAuthority": func() error {
			return e(c.RotateCertificateAuthority(ctx, apiclient.RotateCertificateAuthorityRequest{NoticeSeconds: 10}))
		},
		"ActivateCertificateAuthority": func() error { return e(c.ActivateCertificateAuthority(ctx)) },
		"AbortCertificateAuthority":    func() error { return e(c.AbortCertificateAuthority(ctx)) },
		"RequestCertificateAuthority": func() error {
			return e(c.RequestCertificateAuthority(ctx, apiclient.RequestCertificateAuthorityRequest{CommonName: "x"}))
		},
		"InstallCertificateAuthority": func() error {
			return e(c.InstallCertificateAuthority(ctx, apiclient.InstallCertificateAuthorityRequest{Chain: "x"}))
		},
		"GatewaySites": func() error { return e(c.GatewaySites(ctx, "dev")) },
	}
}
