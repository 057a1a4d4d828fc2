"""The whole estimate for chosen input leads as an ONNX file, for programs and browsers without Python's
PyTorch.

``signals`` are the estimator's filters in plain torch, ``graph`` is the estimate, ``onnx_file`` writes and
checks it, ``reader`` reads it with numpy and onnxruntime alone, ``page`` puts it into a folder for a browser.
"""
