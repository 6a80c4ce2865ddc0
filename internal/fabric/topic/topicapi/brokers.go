package topicapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerBrokers(api huma.API) {
	httpserver.Register(api, huma.Operation{
		OperationID: "list-topic-brokers", Method: http.MethodGet, Path: "/topic-brokers", Summary: "List the brokers that topics may be on, and how they are", Tags: []string{"topics"},
		Description: "Every member of the tenant sees them: documents of topics name one. Which there are, the configuration of the daemon says.",
	}, a.brokers)
}

type brokersOutput struct {
	Body kernel.Page[topic.BrokerState]
}

func (a API) brokers(ctx context.Context, _ *struct{}) (*brokersOutput, error) {
	scope, err := httpserver.Scope(ctx, "")
	if err != nil {
		return nil, err
	}
	all, err := a.Topics.BrokersOf(ctx, scope.Tenant)
	return &brokersOutput{kernel.Page[topic.BrokerState]{Items: append([]topic.BrokerState{}, all...)}}, err
}
