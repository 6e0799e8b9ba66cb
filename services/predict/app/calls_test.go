package app

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
	predictv1 "github.com/treehouse-ml/treehouse/proto/gen/treehouse/predict/v1"
)

// What would tell a caller how the service is made or where it runs.
var internals = regexp.MustCompile(`goroutine |panic|runtime error|nil pointer|interface conversion|\.go:\d|/(?:tmp|root|usr)/|127\.0\.0\.1|reflect:|0xc0`)

// raw sends and receives messages as bytes.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = slices.Clone(data); return nil }
func (raw) Name() string                       { return "proto" }

// A target is a method of one of the services, and a good request for it.
type target struct {
	method protoreflect.MethodDescriptor
	good   proto.Message
}

func (t target) path() string {
	return fmt.Sprintf("/%s/%s", t.method.Parent().FullName(), t.method.Name())
}

// targets are all methods of both services.
func targets() []target {
	good := map[protoreflect.FullName]proto.Message{}
	for _, m := range []proto.Message{house(), tensors(), &predictv1.GetModelRequest{Name: "housing", Version: 3}, &inference.ModelReadyRequest{Name: "housing", Version: "1"},
		&inference.ModelMetadataRequest{Name: "housing"}, &inference.RepositoryModelLoadRequest{ModelName: "housing"}} {
		good[m.ProtoReflect().Descriptor().FullName()] = m
	}
	var all []target
	for _, file := range []protoreflect.FileDescriptor{predictv1.File_treehouse_predict_v1_predict_proto, inference.File_inference_inference_proto} {
		for i := range file.Services().Len() {
			methods := file.Services().Get(i).Methods()
			for j := range methods.Len() {
				m := methods.Get(j)
				t := target{m, good[m.Input().FullName()]}
				if t.good == nil {
					t.good = dynamicpb.NewMessage(m.Input())
				}
				all = append(all, t)
			}
		}
	}
	return all
}

// tensors is house in the other protocol.
func tensors() *inference.ModelInferRequest {
	req := &inference.ModelInferRequest{ModelName: "housing"}
	for _, c := range house().GetTable().GetColumns() {
		in := &inference.ModelInferRequest_InferInputTensor{Name: c.GetName(), Datatype: "FP64", Shape: []int64{1},
			Contents: &inference.InferTensorContents{Fp64Contents: c.GetNumbers().GetValues()}}
		if s := c.GetStrings(); s != nil {
			in.Datatype, in.Contents = "BYTES", &inference.InferTensorContents{BytesContents: [][]byte{[]byte(s.GetValues()[0])}}
		}
		req.Inputs = append(req.Inputs, in)
	}
	return req
}

// call sends one message, or a stream of it, and holds what comes back to
// this: a status that is documented, in words that are ours.
func (s *service) call(ctx context.Context, to target, data []byte) error {
	// By the generated type, as the server does: a dynamic message panics where a map's key is of another type.
	input, err := protoregistry.GlobalTypes.FindMessageByName(to.method.Input().FullName())
	if err != nil {
		return err
	}
	decodes := proto.Unmarshal(data, input.New().Interface()) == nil
	var answer []byte
	if to.method.IsStreamingClient() {
		answer, err = s.stream(ctx, to, data)
	} else {
		err = s.conn.Invoke(ctx, to.path(), &data, &answer, grpc.ForceCodec(raw{}))
	}
	st := status.Convert(err)
	text := st.Message()
	for _, detail := range st.Details() {
		text += fmt.Sprint(" ", detail)
	}
	if found := internals.FindString(text); found != "" && !strings.Contains(string(data), found) {
		return fmt.Errorf("%s tells of internals: %s", to.path(), text)
	}
	switch st.Code() {
	case codes.OK:
		m := dynamicpb.NewMessage(to.method.Output())
		if err := proto.Unmarshal(answer, m); err != nil {
			return fmt.Errorf("%s answers what is no %s: %w", to.path(), to.method.Output().FullName(), err)
		}
		return nil
	case codes.Internal:
		// gRPC itself answers INTERNAL to what is no message of the type, before any code of ours.
		if !decodes && strings.Contains(text, "failed to unmarshal the received message") {
			return nil
		}
	case codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.Unimplemented, codes.ResourceExhausted, codes.Unavailable:
		return nil
	}
	return fmt.Errorf("%s answers %v: %s", to.path(), st.Code(), text)
}

// stream sends a message twice and reads to the end; the last answer counts.
func (s *service) stream(ctx context.Context, to target, data []byte) (answer []byte, err error) {
	stream, err := s.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, to.path(), grpc.ForceCodec(raw{}))
	if err != nil {
		return nil, err
	}
	for range 2 {
		if stream.SendMsg(&data) != nil {
			break // RecvMsg says why
		}
	}
	_ = stream.CloseSend()
	for {
		var next []byte
		if err := stream.RecvMsg(&next); err != nil {
			if errors.Is(err, io.EOF) {
				return answer, nil
			}
			return nil, err
		}
		answer = next
	}
}

// headers are odd ones.
func (r random) headers() metadata.MD {
	md := metadata.MD{}
	names := []string{"x-request-id", "traceparent", "tracestate", "authorization", "x-api-key", "cookie", "te", "x-forwarded-for", "odd-bin", "accept-encoding", "a"}
	for range r.IntN(4) {
		value := strings.Map(func(c rune) rune {
			if c < ' ' || c > '~' {
				return '~' // others never leave a client
			}
			return c
		}, r.word()+r.word())
		md.Append(names[r.IntN(len(names))], value)
	}
	return md
}

// Whatever callers send to any method of both services, it is answered with a
// status of the documented ones, in its time, and without a word about the
// inside; afterwards the service answers as before and holds nothing.
func TestRandomCalls(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxMessageBytes = 1 << 20 })
	s.ready()
	client := predictv1.NewPredictServiceClient(s.conn)
	want, err := client.Predict(t.Context(), house())
	if err != nil {
		t.Fatal(err)
	}
	before := runtime.NumGoroutine()
	r := random{rand.New(rand.NewPCG(1, 2))} // #nosec G404 -- the same calls each time
	all := targets()
	calls := 6000
	if testing.Short() {
		calls = 1500
	}
	for range calls {
		to := all[r.IntN(len(all))]
		m := dynamicpb.NewMessage(to.method.Input())
		if r.oneIn(3) {
			r.fill(m, 0)
		} else {
			good, _ := proto.Marshal(to.good)
			if err := proto.Unmarshal(good, m); err != nil {
				t.Fatal(err)
			}
			if !r.oneIn(20) {
				r.change(m, 0)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		begin := time.Now()
		data := r.bytes(m)
		if err := s.call(metadata.NewOutgoingContext(ctx, r.headers()), to, data); err != nil {
			t.Errorf("%v\nthe request was %v", err, clipped(m))
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", to.path(), took)
		}
		cancel()
	}
	got, err := client.Predict(t.Context(), house(), grpc.UseCompressor(gzip.Name))
	if err != nil || !slices.Equal(got.GetValues(), want.GetValues()) {
		t.Errorf("after it all: %v, %v; want %v", got, err, want)
	}
	if strings.Contains(s.log.String(), "panic") {
		t.Errorf("a handler panicked:\n%s", s.log)
	}
	for range 500 { // streams end soon after their answers
		if runtime.NumGoroutine() <= before+5 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}

func clipped(m proto.Message) string {
	s := fmt.Sprint(m)
	return s[:min(len(s), 1000)]
}

// FuzzCalls sends any bytes to any method.
func FuzzCalls(f *testing.F) {
	all := targets()
	for i, to := range all {
		data, err := proto.Marshal(to.good)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(binary.LittleEndian.AppendUint16(nil, uint16(i)), data...)) //nolint:gosec // few
	}
	s := start(f, func(o *Options) { o.MaxMessageBytes = 1 << 20 })
	s.ready()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.call(ctx, all[int(binary.LittleEndian.Uint16(data))%len(all)], data[2:]); err != nil {
			t.Fatal(err)
		}
	})
}
