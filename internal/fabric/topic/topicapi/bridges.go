package topicapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerBridges(api huma.API) {
	httpserver.Register(api, operation("list-topic-bridges", http.MethodGet, "/{topic}/bridges", "List the bridges that take events of a topic to others"), a.listBridges)
	httpserver.Register(api, operation("get-topic-bridge", http.MethodGet, "/{topic}/bridges/{name}", "Get a bridge, how it does and how far behind it is"), a.getBridge)
	httpserver.Register(api, operation("apply-topic-bridge", http.MethodPut, "/{topic}/bridges/{name}", "Create a bridge to another topic of the stage, or change it"), a.applyBridge)
	httpserver.Register(api, operation("delete-topic-bridge", http.MethodDelete, "/{topic}/bridges/{name}", "Delete a bridge; what it has not passed stays where it is"), a.deleteBridge)
}

// BridgePath names a bridge.
type BridgePath struct {
	Path
	Bridge string `path:"name" maxLength:"63" doc:"The bridge's name."`
}

// DescribedTopicBridge is a bridge with how far behind it is.
type DescribedTopicBridge struct {
	topic.Bridge

	Pending *uint64 `json:"pending,omitempty" doc:"The events that wait for it; none where the broker does not tell."`
}

type bridgesOutput struct{ Body kernel.Page[topic.Bridge] }

func (a API) listBridges(ctx context.Context, in *Path) (*bridgesOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	all, err := a.Topics.ListBridges(ctx, scope, in.Topic)
	return &bridgesOutput{kernel.Page[topic.Bridge]{Items: append([]topic.Bridge{}, all...)}}, err
}

type describedBridgeOutput struct{ Body DescribedTopicBridge }

func (a API) getBridge(ctx context.Context, in *BridgePath) (*describedBridgeOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b, pending, told, err := a.Topics.GetBridge(ctx, scope, in.Topic, in.Bridge)
	out := &describedBridgeOutput{DescribedTopicBridge{Bridge: b}}
	if told {
		out.Body.Pending = &pending
	}
	return out, err
}

type applyBridgeInput struct {
	BridgePath
	Body topic.BridgeSettings
}

type bridgeOutput struct{ Body topic.Bridge }

func (a API) applyBridge(ctx context.Context, in *applyBridgeInput) (*bridgeOutput, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	b, err := a.Topics.ApplyBridge(ctx, scope, in.Topic, in.Bridge, in.Body)
	return &bridgeOutput{b}, err
}

func (a API) deleteBridge(ctx context.Context, in *BridgePath) (*struct{}, error) {
	scope, err := in.scope(ctx)
	if err != nil {
		return nil, err
	}
	return nil, a.Topics.DeleteBridge(ctx, scope, in.Topic, in.Bridge)
}
