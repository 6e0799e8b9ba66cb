package endpointslice

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// api is an API server that has nothing but the EndpointSlices of one Service,
// and speaks of them as the real one does, in JSON: lists, watches, watches
// that begin with a list, bookmarks, versions that expire. It can be broken in
// the ways the real one breaks.
type api struct {
	t       *testing.T
	address string
	streams bool // it knows watches that begin with a list

	mu       sync.Mutex
	server   *httptest.Server
	version  int
	oldest   int // version that a watch may begin from
	slices   map[string]*discoveryv1.EndpointSlice
	events   []event
	changed  chan struct{} // closed at the next change
	cut      chan struct{} // closed when the watches end
	answer   int           // a status for every request, if not 0
	hangs    bool
	requests int
	lists    int
}

type event struct {
	version int
	Type    string `json:"type"`
	Object  any    `json:"object"`
}

const namespace = "houses"

func startAPI(t *testing.T, streams bool) *api {
	a := &api{t: t, streams: streams, version: 100, oldest: 100, slices: map[string]*discoveryv1.EndpointSlice{},
		changed: make(chan struct{}), cut: make(chan struct{})}
	a.start("127.0.0.1:0")
	t.Cleanup(func() { a.stop() })
	return a
}

func (a *api) cluster() cluster {
	return cluster{&rest.Config{Host: "http://" + a.address, BearerToken: "secret"}, namespace}
}

// start opens the port, which is the same for the API server's whole life.
func (a *api) start(address string) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		a.t.Fatal(err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.address = listener.Addr().String()
	a.server = httptest.NewUnstartedServer(a)
	_ = a.server.Listener.Close()
	a.server.Listener = listener
	a.server.Start()
}

func (a *api) stop() {
	a.set(func() { a.hangs = false })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		a.server.Close()
	}()
	for { // who came back before the port was closed is sent away, too
		a.endWatches()
		a.server.CloseClientConnections()
		select {
		case <-closed:
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (a *api) set(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *api) endWatches() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.cut)
	a.cut = make(chan struct{})
}

// forget makes watches from older versions expire, as after a compaction.
func (a *api) forget() { a.set(func() { a.oldest = a.version }) }

// put creates or changes a slice of the Service; nil deletes it.
func (a *api) put(name string, s *discoveryv1.EndpointSlice) {
	a.set(func() {
		a.version++
		old, kind := a.slices[name], "MODIFIED"
		switch {
		case s == nil:
			s, kind = old.DeepCopy(), "DELETED"
			delete(a.slices, name)
		case old == nil:
			kind = "ADDED"
		}
		s.TypeMeta = metav1.TypeMeta{Kind: "EndpointSlice", APIVersion: "discovery.k8s.io/v1"}
		s.ObjectMeta = metav1.ObjectMeta{Name: name, Namespace: namespace, ResourceVersion: strconv.Itoa(a.version),
			Labels: map[string]string{discoveryv1.LabelServiceName: "predict"}}
		if kind != "DELETED" {
			a.slices[name] = s
		}
		a.events = append(a.events, event{a.version, kind, s})
	})
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests++
	for a.hangs {
		changed := a.changed
		a.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		a.mu.Lock()
		if r.Context().Err() != nil {
			return
		}
	}
	q := r.URL.Query()
	switch {
	case a.answer != 0:
		fail(w, a.answer, "")
	case r.Header.Get("Authorization") != "Bearer secret":
		fail(w, http.StatusUnauthorized, "")
	case r.URL.Path != "/apis/discovery.k8s.io/v1/namespaces/"+namespace+"/endpointslices" || q.Get("labelSelector") != "kubernetes.io/service-name=predict":
		a.t.Errorf("asked for %s", r.URL)
		fail(w, http.StatusNotFound, "")
	case q.Get("watch") != "true":
		a.list(w)
	case q.Get("sendInitialEvents") == "true" && !a.streams:
		fail(w, http.StatusUnprocessableEntity, "Invalid")
	default:
		a.watch(w, r, q.Get("resourceVersion"), q.Get("sendInitialEvents") == "true")
	}
}

func (a *api) list(w http.ResponseWriter) {
	a.lists++
	l := discoveryv1.EndpointSliceList{TypeMeta: metav1.TypeMeta{Kind: "EndpointSliceList", APIVersion: "discovery.k8s.io/v1"}}
	l.ResourceVersion = strconv.Itoa(a.version)
	for _, name := range slices.Sorted(maps.Keys(a.slices)) {
		l.Items = append(l.Items, *a.slices[name])
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(l)
}

// watch is called, and sends, with the lock.
func (a *api) watch(w http.ResponseWriter, r *http.Request, version string, initial bool) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	cut := a.cut
	send := func(e event) { _ = json.NewEncoder(w).Encode(e) }
	from, _ := strconv.Atoi(version)
	if initial {
		for _, name := range slices.Sorted(maps.Keys(a.slices)) {
			send(event{Type: "ADDED", Object: a.slices[name]})
		}
		from = a.version
		end := &discoveryv1.EndpointSlice{TypeMeta: metav1.TypeMeta{Kind: "EndpointSlice", APIVersion: "discovery.k8s.io/v1"}}
		end.ResourceVersion, end.Annotations = strconv.Itoa(from), map[string]string{metav1.InitialEventsAnnotationKey: "true"}
		send(event{Type: "BOOKMARK", Object: end})
	} else if from < a.oldest {
		send(event{Type: "ERROR", Object: status(http.StatusGone, "Expired")})
		return
	}
	for {
		for _, e := range a.events {
			if e.version > from {
				send(e)
				from = e.version
			}
		}
		_ = http.NewResponseController(w).Flush()
		changed := a.changed
		a.mu.Unlock()
		select {
		case <-changed:
		case <-cut:
			a.mu.Lock()
			return
		case <-r.Context().Done():
			a.mu.Lock()
			return
		}
		a.mu.Lock()
	}
}

func status(code int, reason string) *metav1.Status {
	return &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure",
		Code: int32(code), Reason: metav1.StatusReason(reason), Message: fmt.Sprintf("the API server says %d", code)}
}

func fail(w http.ResponseWriter, code int, reason string) {
	if reason == "" {
		reason = map[int]string{401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests", 500: "InternalError"}[code]
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(status(code, reason))
}
