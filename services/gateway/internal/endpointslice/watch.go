// Package endpointslice watches the EndpointSlices of a Kubernetes Service, so
// that servers are known within milliseconds of being ready, and left as soon
// as they terminate. It is the one package that imports Kubernetes' client,
// and of that only the REST client and the reflector: the typed clients would
// link every type of the API, 12 MB of them.
package endpointslice

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/discovery"
)

const (
	// settle gathers the changes of a burst: many pods at once are one update.
	settle = 5 * time.Millisecond
	// listTimeout bounds a list; a watch has no end.
	listTimeout = 10 * time.Second
)

// backoff keeps the attempts of many gateways apart when the API server is
// back, and still finds a new server within seconds then.
var backoff = wait.Backoff{Duration: 200 * time.Millisecond, Factor: 2, Steps: 10, Cap: 3 * time.Second, Jitter: 0.5}

// Watch is a [discovery.Watch] with the identity of the pod it runs in.
func Watch(ctx context.Context, service, port string, log *slog.Logger, report discovery.Report) error {
	c, err := inCluster()
	if err != nil {
		return err
	}
	return c.watch(ctx, service, port, log, report)
}

// watch reports until ctx ends. A failed attempt changes nothing: the reflector
// replaces what it holds only by a complete list.
func (c cluster) watch(ctx context.Context, service, port string, log *slog.Logger, report discovery.Report) error {
	client, err := c.client()
	if err != nil {
		return fmt.Errorf("client of the Kubernetes API: %w", err)
	}
	ctx, logger := quiet(ctx, log)
	changes := make(chan []any, 1)
	answered := make(chan struct{}, 1)
	check := func(err error) {
		if err != nil {
			report(nil, explain(err))
			return
		}
		select {
		case answered <- struct{}{}:
		default:
		}
	}
	slices := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			ctx, cancel := context.WithTimeout(ctx, listTimeout)
			defer cancel()
			list := &discoveryv1.EndpointSliceList{}
			err := c.request(client, service, &o).Do(ctx).Into(list)
			check(err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.Watch = true
			ctx, cancel := context.WithCancel(ctx)
			w, err := c.request(client, service, &o).Watch(ctx)
			if o.SendInitialEvents == nil || !apierrors.IsInvalid(err) {
				check(err) // an API server that cannot stream its list is asked for one next
			}
			if err != nil {
				cancel() // an answer that the client cannot read it does not close
				return nil, err
			}
			return stream{w, cancel}, nil
		},
	}
	store := cache.NewUndeltaStore(func(all []any) {
		select { // an older state is of no use any more
		case <-changes:
		default:
		}
		changes <- all
	}, cache.MetaNamespaceKeyFunc)
	reflector := cache.NewReflectorWithOptions(slices, &discoveryv1.EndpointSlice{}, store,
		cache.ReflectorOptions{Name: service, Backoff: &backoff, Logger: logger})
	go reflector.RunWithContext(ctx)

	for known := []any(nil); ; {
		select {
		case <-ctx.Done():
			return nil
		case known = <-changes:
			known = last(known, changes)
		case <-answered: // an attempt was successful, which ends a streak of failures
			if known == nil {
				continue
			}
		}
		report(servers(known, port))
	}
}

// A stream is a watch whose connection ends with it.
type stream struct {
	watch.Interface
	cancel context.CancelFunc
}

func (s stream) Stop() {
	s.Interface.Stop()
	s.cancel()
}

// last returns what comes within the next moment, or else the state at hand.
func last(state []any, changes <-chan []any) []any {
	for end := time.After(settle); ; {
		select {
		case state = <-changes:
		case <-end:
			return state
		}
	}
}

func explain(err error) error {
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) {
		return fmt.Errorf("%w by the Kubernetes API: %w", discovery.ErrRefused, err)
	}
	return fmt.Errorf("the Kubernetes API: %w", err)
}
