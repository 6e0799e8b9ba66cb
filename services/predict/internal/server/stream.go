package server

import (
	"errors"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"

	"github.com/treehouse-ml/treehouse/proto/gen/inference"
)

// finalResponse is the parameter by which Triton's clients tell that a request
// has no further answers: here none has more than one.
const finalResponse = "triton_final_response"

// ModelStreamInfer implements Triton's streaming: every request gets an answer,
// in order, and one that fails gets its error as the answer, which names the
// request's id and does not end the stream.
func (s oip) ModelStreamInfer(stream grpc.BidiStreamingServer[inference.ModelInferRequest, inference.ModelStreamInferResponse]) error {
	requests, failed := receive(stream)
	for {
		select {
		case req := <-requests:
			if err := stream.Send(s.answer(stream, req)); err != nil {
				return err
			}
		case err := <-failed:
			if errors.Is(err, io.EOF) { // the client has no more
				return nil
			}
			return err
		case <-s.stopping:
			return s.errors.status(stream.Context(), errStopping)
		}
	}
}

// receive hands on the stream's requests, then why it ended. Its goroutine
// ends with the stream.
func receive(stream grpc.BidiStreamingServer[inference.ModelInferRequest, inference.ModelStreamInferResponse]) (<-chan *inference.ModelInferRequest, <-chan error) {
	requests := make(chan *inference.ModelInferRequest)
	failed := make(chan error, 1)
	go func() {
		for {
			req, err := stream.Recv()
			if err != nil {
				failed <- err
				return
			}
			select {
			case requests <- req:
			case <-stream.Context().Done():
				return
			}
		}
	}()
	return requests, failed
}

func (s oip) answer(stream grpc.BidiStreamingServer[inference.ModelInferRequest, inference.ModelStreamInferResponse], req *inference.ModelInferRequest) *inference.ModelStreamInferResponse {
	o := observe()
	resp, err := s.observed(stream.Context(), req, &o) // which has no header for each message
	if err != nil {
		return &inference.ModelStreamInferResponse{
			ErrorMessage: status.Convert(err).Message(),
			InferResponse: &inference.ModelInferResponse{
				ModelName: req.GetModelName(), ModelVersion: req.GetModelVersion(), Id: req.GetId(),
			},
		}
	}
	resp.Parameters[finalResponse] = &inference.InferParameter{ParameterChoice: &inference.InferParameter_BoolParam{BoolParam: true}}
	return &inference.ModelStreamInferResponse{InferResponse: resp}
}
