package endpointslice

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/go-logr/logr"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// namespaceFile is where a pod finds its namespace, beside its token.
const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

// cluster is a namespace of a cluster, and how to ask for what is in it.
type cluster struct {
	config    *rest.Config
	namespace string
}

// inCluster is what the pod that this runs in may ask.
func inCluster() (cluster, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return cluster{}, fmt.Errorf("no access to the Kubernetes API: %w", err)
	}
	name, err := os.ReadFile(namespaceFile)
	if err != nil {
		return cluster{}, fmt.Errorf("the pod's namespace: %w", err)
	}
	return cluster{config, strings.TrimSpace(string(name))}, nil
}

// scheme knows EndpointSlices and what every answer may be, nothing else.
var scheme = sync.OnceValues(func() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	metav1.AddToGroupVersion(s, schema.GroupVersion{Version: "v1"})
	return s, discoveryv1.AddToScheme(s)
})

func (c cluster) client() (rest.Interface, error) {
	s, err := scheme()
	if err != nil {
		return nil, err
	}
	config := rest.CopyConfig(c.config)
	config.APIPath = "/apis"
	config.GroupVersion = &discoveryv1.SchemeGroupVersion
	config.NegotiatedSerializer = serializer.NewCodecFactory(s).WithoutConversion()
	config.ContentType = runtime.ContentTypeProtobuf
	config.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	config.UserAgent = "treehouse-gateway"
	return rest.RESTClientFor(config)
}

// request asks for the slices of a Service.
func (c cluster) request(client rest.Interface, service string, o *metav1.ListOptions) *rest.Request {
	o.LabelSelector = discoveryv1.LabelServiceName + "=" + service
	return client.Get().Namespace(c.namespace).Resource("endpointslices").VersionedParams(o, metav1.ParameterCodec)
}

// quiet makes everything that the client logs a debug message of log. What
// matters of it is reported, and logged once.
func quiet(ctx context.Context, log *slog.Logger) (context.Context, *klog.Logger) {
	silence()
	l := logr.FromSlogHandler(debugging{log.Handler()})
	return klog.NewContext(ctx, l), &l
}

// silence ends the client's own log on standard error.
var silence = sync.OnceFunc(func() { klog.SetLogger(logr.Discard()) })

// debugging is a handler for which everything is a debug message.
type debugging struct{ slog.Handler }

func (d debugging) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelDebug && d.Handler.Enabled(ctx, slog.LevelDebug)
}

func (d debugging) Handle(ctx context.Context, r slog.Record) error {
	if !d.Handler.Enabled(ctx, slog.LevelDebug) {
		return nil // logr passes every error on
	}
	r.Level = slog.LevelDebug
	return d.Handler.Handle(ctx, r)
}

func (d debugging) WithAttrs(attrs []slog.Attr) slog.Handler {
	return debugging{d.Handler.WithAttrs(attrs)}
}

func (d debugging) WithGroup(name string) slog.Handler { return debugging{d.Handler.WithGroup(name)} }
