"""EgoDTM's dual encoder in torch, for the benchmark: transformers' CLIP blocks with fused attention, joint space-time attention over 4 frames."""

import torch
import torch.nn.functional as F
from torch import nn
from transformers import CLIPConfig, CLIPModel


class DualEncoder(nn.Module):
    def __init__(self, config, inputs):
        super().__init__()
        vision, text = dict(config["vision_config"]), config["text_config"]
        self.frames = vision.pop("num_frames")
        clip = CLIPConfig(
            vision_config=vision, text_config={**text, "bos_token_id": 0}, projection_dim=config["projection_dim"], attn_implementation="sdpa"
        )
        self.clip = CLIPModel(clip)
        embeddings = self.clip.vision_model.embeddings
        embeddings.temporal_embedding = nn.Parameter(torch.zeros(self.frames, clip.vision_config.hidden_size))
        self.inputs = inputs

    def videos(self):
        vision, pixels = self.clip.vision_model, self.inputs["pixels"]
        embeddings, batch = vision.embeddings, len(pixels)
        patches = embeddings.patch_embedding(pixels.flatten(0, 1).permute(0, 3, 1, 2)).flatten(2).transpose(1, 2)
        position = embeddings.position_embedding.weight
        cubes = patches.unflatten(0, (batch, self.frames)) + position[1:] + embeddings.temporal_embedding[:, None]
        first = (embeddings.class_embedding + position[0]).expand(batch, 1, -1)
        x = vision.pre_layrnorm(torch.cat([first, cubes.flatten(1, 2)], 1))
        x = vision.encoder(inputs_embeds=x).last_hidden_state
        return F.normalize(self.clip.visual_projection(vision.post_layernorm(x[:, 0])).float(), dim=-1)

    def texts(self):
        pooled = self.clip.text_model(input_ids=self.inputs["ids"].long()).pooler_output
        return F.normalize(self.clip.text_projection(pooled).float(), dim=-1)

    def forward(self):
        similarities = self.videos() @ self.texts().T * self.clip.logit_scale.exp()
        own = torch.arange(len(similarities))
        return (F.cross_entropy(similarities.float(), own) + F.cross_entropy(similarities.T.float(), own)) / 2
